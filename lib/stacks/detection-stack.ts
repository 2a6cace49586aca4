import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Detector } from '../detection/detector.ts';
import { GuardEndpoint } from '../detection/guard-endpoint.ts';
import { EntryQueue } from '../ingest/entry-queue.ts';
import { Shipper } from '../ingest/shipper.ts';
import { HypercoreLayer, Re2Layer } from '../platform/layers.ts';
import { CasePublisher, Publisher } from '../quarantine/publisher.ts';
import type { DataStack } from './data-stack.ts';

/** From the logs to the bus: ship, scan, quarantine, publish; and the guard, which scans before a message is sent. */
export class DetectionStack extends Stack {
  readonly entries: EntryQueue;

  constructor(scope: Construct, id: string, props: StackProps & { readonly data: DataStack }) {
    super(scope, id, props);
    const { foundation, ingest, quarantine, cases, metrics, fingerprintKey, bus } = props.data;
    const { architecture } = foundation.settings;
    this.entries = new EntryQueue(this, 'Entries', { foundation });
    const shipper = new Shipper(this, 'Shipper', {
      foundation,
      table: ingest,
      entries: this.entries,
      bus,
      hypercore: new HypercoreLayer(this, 'HypercoreLayer', { architecture }),
    });
    const re2 = new Re2Layer(this, 'Re2Layer', { architecture });
    const detector = new Detector(this, 'Detector', {
      foundation,
      entries: this.entries,
      quarantine,
      metrics,
      evidence: props.data.evidence,
      fingerprintKey,
      re2,
    });
    const guard = new GuardEndpoint(this, 'Guard', {
      foundation,
      quarantine,
      keys: props.data.guardKeys,
      fingerprintKey,
      re2,
    });
    const publisher = new Publisher(this, 'Publisher', { foundation, quarantine, cases, metrics, bus });
    const casePublisher = new CasePublisher(this, 'CasePublisher', { foundation, quarantine, cases, bus });
    new CfnOutput(this, 'ShipperFunctionName', { value: shipper.function.functionName });
    new CfnOutput(this, 'DetectorFunctionName', { value: detector.function.functionName });
    new CfnOutput(this, 'PublisherFunctionName', { value: publisher.function.functionName });
    new CfnOutput(this, 'CasePublisherFunctionName', { value: casePublisher.function.functionName });
    new CfnOutput(this, 'GuardApiId', { value: guard.api.apiId });
    new CfnOutput(this, 'GuardEndpoint', { value: guard.api.apiEndpoint });
    new CfnOutput(this, 'GuardFunctionName', { value: guard.check.functionName });
    new CfnOutput(this, 'EntryQueueUrl', { value: this.entries.queue.queueUrl });
    new CfnOutput(this, 'EntryDlqUrl', { value: this.entries.deadLetters.queueUrl });
  }
}
