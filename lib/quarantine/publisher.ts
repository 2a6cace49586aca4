import { Duration, Validations } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { FilterCriteria, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { publishFindingsEnv } from '../../functions/quarantine/publish-findings.env.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import type { QuarantineTable } from './quarantine-table.ts';

export interface PublisherProps {
  readonly foundation: Foundation;
  readonly quarantine: QuarantineTable;
  readonly bus: IEventBus;
}

const IMPACT = 'Findings rest in the quarantine and nobody is told of them.';

/** Turns what is written to the quarantine into events on the bus, in order, at least once. */
export class Publisher extends Construct {
  readonly function: ServiceFunction<typeof publishFindingsEnv>;

  constructor(scope: Construct, id: string, props: PublisherProps) {
    super(scope, id);
    const { foundation, quarantine, bus } = props;
    const publish = new ServiceFunction(this, 'Publish', {
      settings: foundation.settings,
      handler: 'quarantine/publish-findings',
      schema: publishFindingsEnv,
      environment: { EVENT_BUS_NAME: bus.eventBusName },
      memoryMb: 512,
      timeout: Duration.seconds(30),
    });
    this.function = publish;
    bus.grantPutEventsTo(publish);
    foundation.grantDataKey(publish);

    const unpublished = new Queue(this, 'Unpublished', {
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: foundation.dataKey,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    // Not by the ready-made destination: its grant names KMS actions with a wildcard.
    Grant.addToPrincipal({
      grantee: publish,
      resourceArns: [unpublished.queueArn],
      actions: ['sqs:SendMessage'],
    });
    publish.addEventSource(
      new DynamoEventSource(quarantine.table, {
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize: 100,
        filters: [FilterCriteria.filter({ eventName: ['INSERT'] })],
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        retryAttempts: 10,
        onFailure: { bind: () => ({ destination: unpublished.queueArn }) },
      }),
    );
    Validations.of(publish.role ?? publish).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'dynamodb:ListStreams knows no resource; reading the stream itself is granted by its ARN.',
    });
    Validations.of(unpublished).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'This queue is itself the dead-letter queue of the stream.',
    });

    new Alarm(this, 'UnpublishedNotEmpty', {
      foundation,
      metric: unpublished.metricApproximateNumberOfMessagesVisible({
        period: ONE_MINUTE,
        statistic: 'Maximum',
      }),
      fires: { atLeast: 1 },
      periods: 1,
      impact: IMPACT,
      action: 'Read the position of the failed records and publish them again.',
      runbook: 'lib/quarantine/runbook.md#PublisherDlqNotEmpty',
    });
    new Alarm(this, 'Late', {
      foundation,
      metric: new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'IteratorAge',
        dimensionsMap: { FunctionName: publish.functionName },
        statistic: 'Maximum',
        period: ONE_MINUTE,
      }),
      fires: { atLeast: 60_000 },
      periods: 3,
      impact: 'Alerts and responses come more than a minute late.',
      action: "Look at the publisher's errors and at the bus's throttling.",
      runbook: 'lib/quarantine/runbook.md#PublisherLate',
    });
  }
}
