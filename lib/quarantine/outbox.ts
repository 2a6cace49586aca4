import { Duration, Validations } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { FilterCriteria, StartingPosition, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { Alarm, ONE_MINUTE, type RunbookHeading } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';

export interface OutboxProps {
  readonly foundation: Foundation;
  readonly table: Table;
  /** What the function is told of. */
  readonly changes: ('INSERT' | 'MODIFY' | 'REMOVE')[];
  readonly publisher: LambdaFunction;
  /** Who is hurt while nothing is published. */
  readonly impact: string;
  /** Who is hurt while it is published late. */
  readonly lateImpact: string;
  readonly runbook: { readonly unpublished: RunbookHeading; readonly late: RunbookHeading };
}

/** Hands a table's stream to a function, in order, at least once; what it cannot publish is kept, with an alarm. */
export class Outbox extends Construct {
  constructor(scope: Construct, id: string, props: OutboxProps) {
    super(scope, id);
    const { foundation, publisher } = props;
    const unpublished = new Queue(this, 'Unpublished', {
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: foundation.dataKey,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    // Not by the ready-made destination: its grant names KMS actions with a wildcard.
    Grant.addToPrincipal({
      grantee: publisher,
      resourceArns: [unpublished.queueArn],
      actions: ['sqs:SendMessage'],
    });
    publisher.addEventSource(
      new DynamoEventSource(props.table, {
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize: 100,
        filters: [FilterCriteria.filter({ eventName: props.changes })],
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        retryAttempts: 10,
        onFailure: { bind: () => ({ destination: unpublished.queueArn }) },
      }),
    );
    Validations.of(publisher.role ?? publisher).acknowledge({
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
      impact: props.impact,
      action: 'Read the position of the failed records and publish them again.',
      runbook: props.runbook.unpublished,
    });
    new Alarm(this, 'Late', {
      foundation,
      metric: new Metric({
        namespace: 'AWS/Lambda',
        metricName: 'IteratorAge',
        dimensionsMap: { FunctionName: publisher.functionName },
        statistic: 'Maximum',
        period: ONE_MINUTE,
      }),
      fires: { atLeast: 60_000 },
      periods: 3,
      impact: props.lateImpact,
      action: "Look at the publisher's errors and at the bus's throttling.",
      runbook: props.runbook.late,
    });
  }
}
