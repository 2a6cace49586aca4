import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Detector } from '../detection/detector.ts';
import { EntryQueue } from '../ingest/entry-queue.ts';
import { Shipper } from '../ingest/shipper.ts';
import { HypercoreLayer, Re2Layer } from '../platform/layers.ts';
import { Publisher } from '../quarantine/publisher.ts';
import type { DataStack } from './data-stack.ts';

/** From the logs to the bus: ship, scan, quarantine, publish. */
export class DetectionStack extends Stack {
  readonly entries: EntryQueue;

  constructor(scope: Construct, id: string, props: StackProps & { readonly data: DataStack }) {
    super(scope, id, props);
    const { foundation, ingest, quarantine, fingerprintKey, bus } = props.data;
    const { architecture } = foundation.settings;
    this.entries = new EntryQueue(this, 'Entries', { foundation });
    const shipper = new Shipper(this, 'Shipper', {
      foundation,
      table: ingest,
      entries: this.entries,
      bus,
      hypercore: new HypercoreLayer(this, 'HypercoreLayer', { architecture }),
    });
    const detector = new Detector(this, 'Detector', {
      foundation,
      entries: this.entries,
      quarantine,
      fingerprintKey,
      re2: new Re2Layer(this, 'Re2Layer', { architecture }),
    });
    const publisher = new Publisher(this, 'Publisher', { foundation, quarantine, bus });
    new CfnOutput(this, 'ShipperFunctionName', { value: shipper.function.functionName });
    new CfnOutput(this, 'DetectorFunctionName', { value: detector.function.functionName });
    new CfnOutput(this, 'PublisherFunctionName', { value: publisher.function.functionName });
    new CfnOutput(this, 'EntryQueueUrl', { value: this.entries.queue.queueUrl });
    new CfnOutput(this, 'EntryDlqUrl', { value: this.entries.deadLetters.queueUrl });
  }
}
