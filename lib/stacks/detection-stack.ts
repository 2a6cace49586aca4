import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Detector } from '../detection/detector.ts';
import { GuardEndpoint } from '../detection/guard-endpoint.ts';
import { SecretSearch } from '../detection/secret-search.ts';
import { EntryQueue } from '../ingest/entry-queue.ts';
import { OwnShipper, ShipperService } from '../ingest/shipper-service.ts';
import { Shipper } from '../ingest/shipper.ts';
import { assertHostFits } from '../ingest/shipping.ts';
import { HypercoreLayer, Re2Layer } from '../platform/layers.ts';
import { CasePublisher, Publisher } from '../quarantine/publisher.ts';
import type { DataStack } from './data-stack.ts';

/** From the logs to the bus: ship, scan, quarantine, publish; and the guard, which scans before a message is sent. */
export class DetectionStack extends Stack {
  readonly entries: EntryQueue;
  readonly secretSearch: SecretSearch;

  constructor(scope: Construct, id: string, props: StackProps & { readonly data: DataStack }) {
    super(scope, id, props);
    const { foundation, quarantine, cases, metrics, fingerprintKey, bus } = props.data;
    const { architecture } = foundation.settings;
    this.entries = new EntryQueue(this, 'Entries', { foundation });
    this.#ship(props.data);
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
    this.secretSearch = new SecretSearch(this, 'SecretSearch', { foundation, re2 });
    const guard = new GuardEndpoint(this, 'Guard', {
      foundation,
      quarantine,
      keys: props.data.guardKeys,
      fingerprintKey,
      re2,
    });
    const publisher = new Publisher(this, 'Publisher', { foundation, quarantine, cases, metrics, bus });
    const casePublisher = new CasePublisher(this, 'CasePublisher', { foundation, quarantine, cases, bus });
    new CfnOutput(this, 'DetectorFunctionName', { value: detector.function.functionName });
    new CfnOutput(this, 'PublisherFunctionName', { value: publisher.function.functionName });
    new CfnOutput(this, 'CasePublisherFunctionName', { value: casePublisher.function.functionName });
    new CfnOutput(this, 'GuardApiId', { value: guard.api.apiId });
    new CfnOutput(this, 'GuardEndpoint', { value: guard.api.apiEndpoint });
    new CfnOutput(this, 'GuardFunctionName', { value: guard.check.functionName });
    new CfnOutput(this, 'EntryQueueUrl', { value: this.entries.queue.queueUrl });
    new CfnOutput(this, 'EntryDlqUrl', { value: this.entries.deadLetters.queueUrl });
  }

  /** Where the stage's settings want it to run. */
  #ship({ foundation, ingest: table, bus }: DataStack): void {
    const { architecture, shipper: where } = foundation.settings;
    const shipping = { foundation, table, entries: this.entries, bus };
    assertHostFits(foundation.settings);
    switch (where.host) {
      case 'lambda': {
        const hypercore = new HypercoreLayer(this, 'HypercoreLayer', { architecture });
        const shipper = new Shipper(this, 'Shipper', { ...shipping, hypercore });
        new CfnOutput(this, 'ShipperFunctionName', { value: shipper.function.functionName });
        return;
      }
      case 'fargate': {
        const { cluster, service } = new ShipperService(this, 'ShipperService', shipping);
        new CfnOutput(this, 'ShipperClusterName', { value: cluster.clusterName });
        new CfnOutput(this, 'ShipperServiceName', { value: service.serviceName });
        return;
      }
      case 'own': {
        const { policy } = new OwnShipper(this, 'OwnShipper', shipping);
        new CfnOutput(this, 'ShipperPolicyArn', { value: policy.managedPolicyArn });
      }
    }
  }
}
