import { Duration, Stack } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Match, Rule, type EventPattern, type IEventBus } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { recordActsEnv } from '../../functions/audit/record-acts.env.ts';
import { AUDIT_ENTRY_PUBLISHED } from '../../functions/contracts/audit-published.ts';
import { AUDIT_NOT_TAKEN, METRICS_NAMESPACE } from '../../functions/contracts/metrics.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import { WorkQueue } from '../platform/work-queue.ts';
import type { AuditLog } from './audit-log.ts';
import { grantInvoke, type BesideBucket } from './beside-bucket.ts';

export interface ActRecorderProps {
  readonly foundation: Foundation;
  readonly log: AuditLog;
  readonly beside: BesideBucket;
  /** Detection's function that says where secrets stand. */
  readonly findSecrets: IFunction;
  readonly bus: IEventBus;
}

const TIMEOUT = Duration.seconds(30);
const UNRECORDED = 'What the system did is not on record, and an auditor would miss it.';

/** Every event of ours, and what AWS says of the system itself, becomes an act in the outbox. */
export class ActRecorder extends Construct {
  readonly function: ServiceFunction<typeof recordActsEnv>;

  constructor(scope: Construct, id: string, props: ActRecorderProps) {
    super(scope, id);
    const { foundation, log, bus, beside, findSecrets } = props;
    const acts = new WorkQueue(this, 'Acts', {
      foundation,
      consumerTimeout: TIMEOUT,
      retention: Duration.days(4),
      oldestSeconds: 120,
      impact: UNRECORDED,
      runbook: { old: 'lib/audit/runbook.md#ActsLate', dead: 'lib/audit/runbook.md#ActsDlqNotEmpty' },
    });
    this.#listen(bus, acts, log, foundation.settings.stage);
    this.function = new ServiceFunction(this, 'Record', {
      settings: foundation.settings,
      handler: 'audit/record-acts',
      schema: recordActsEnv,
      environment: {
        AUDIT_TABLE: log.table.table.tableName,
        BESIDE_BUCKET: beside.bucket.bucketName,
        FIND_SECRETS_FUNCTION: findSecrets.functionName,
      },
      memoryMb: 256,
      timeout: TIMEOUT,
    });
    log.table.grantSubmit(this.function);
    beside.grantKeep(this.function.ownRole);
    grantInvoke(this.function, findSecrets);
    foundation.grantDataKey(this.function);
    this.function.addEventSource(
      new SqsEventSource(acts.queue, { batchSize: 10, reportBatchItemFailures: true, maxConcurrency: 2 }),
    );
    new Alarm(this, 'Failing', {
      foundation,
      metric: this.function.metricErrors({ period: ONE_MINUTE, statistic: 'Sum' }),
      fires: { atLeast: 1 },
      periods: 3,
      impact: UNRECORDED,
      action: "Read the recording function's last error lines.",
      runbook: 'lib/audit/runbook.md#ActsLate',
    });
    // A batch of which a part failed is no error of the function.
    new Alarm(this, 'NotTaken', {
      foundation,
      metric: new Metric({
        namespace: METRICS_NAMESPACE,
        metricName: AUDIT_NOT_TAKEN,
        dimensionsMap: { service: 'audit' },
        statistic: 'Sum',
        period: ONE_MINUTE,
      }),
      fires: { atLeast: 1 },
      periods: 3,
      impact: UNRECORDED,
      action: 'See why in the `act_refused` and `act_not_taken` lines of the recording function.',
      runbook: 'lib/audit/runbook.md#ActsLate',
    });
  }

  /** Our own bus, all but what the log says of its own entries, which would never end: a publisher of tomorrow is on record from its first event. */
  #listen(bus: IEventBus, acts: WorkQueue, log: AuditLog, stage: string): void {
    const rule = (id: string, description: string, eventPattern: EventPattern, eventBus?: IEventBus) =>
      new Rule(this, id, {
        description,
        eventPattern,
        ...(eventBus && { eventBus }),
        targets: [new SqsQueue(acts.queue, { deadLetterQueue: acts.deadLetters, retryAttempts: 185 })],
      });
    const { account, region, partition } = Stack.of(this);
    rule(
      'Own',
      'What SHHH does goes on record',
      { source: Match.prefix('shhh.'), detailType: Match.anythingBut(AUDIT_ENTRY_PUBLISHED) },
      bus,
    );
    rule('Alarms', 'Alarms of SHHH go on record', {
      source: ['aws.cloudwatch'],
      detailType: ['CloudWatch Alarm State Change'],
      detail: { alarmName: [{ prefix: `shhh-${stage}-` }] },
    });
    rule('Deployments', 'Changes of the stacks of SHHH go on record', {
      source: ['aws.cloudformation'],
      detailType: ['CloudFormation Stack Status Change'],
      detail: {
        'stack-id': [{ prefix: `arn:${partition}:cloudformation:${region}:${account}:stack/shhh-${stage}-` }],
      },
    });
    // EventBridge has these where the account has a trail of management events.
    rule('BucketAccess', "Administration of the audit log's bucket goes on record", {
      source: ['aws.s3'],
      detailType: ['AWS API Call via CloudTrail'],
      detail: { requestParameters: { bucketName: [log.bucket.bucketName] } },
    });
    rule('KeyAccess', "Administration of the audit log's keys goes on record", {
      source: ['aws.kms'],
      detailType: ['AWS API Call via CloudTrail'],
      detail: {
        // Each checkpoint is signed: that is use, not administration.
        eventName: [{ 'anything-but': ['Sign', 'GetPublicKey', 'DescribeKey', 'Verify'] }],
        resources: { ARN: [log.ed25519Key.keyArn, log.ecdsaKey.keyArn] },
      },
    });
  }
}
