import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, type IEventBus } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { sendAlertEnv } from '../../functions/alerts/send-alert.env.ts';
import { ALERTS_FAILED, METRICS_NAMESPACE } from '../../functions/contracts/metrics.ts';
import { QUARANTINE_EVENT_SOURCE, SECRET_QUARANTINED } from '../../functions/contracts/quarantine.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import { WorkQueue } from '../platform/work-queue.ts';

export interface AlertsProps {
  readonly foundation: Foundation;
  readonly bus: IEventBus;
}

const SEND_TIMEOUT = Duration.seconds(15);
const IMPACT = 'A leaked credential is quarantined, but nobody has been told of it.';

/** Tells subscribers of the alert topic about every HIGH and CRITICAL finding, once. */
export class Alerts extends Construct {
  readonly topic: Topic;
  readonly function: ServiceFunction<typeof sendAlertEnv>;

  constructor(scope: Construct, id: string, props: AlertsProps) {
    super(scope, id);
    const { foundation, bus } = props;
    this.topic = new Topic(this, 'Topic', {
      displayName: 'SHHH secret leaks',
      masterKey: foundation.dataKey,
      enforceSSL: true,
    });
    const pending = new WorkQueue(this, 'Pending', {
      foundation,
      consumerTimeout: SEND_TIMEOUT,
      retention: Duration.days(4),
      oldestSeconds: 120,
      impact: IMPACT,
      runbook: { old: 'lib/alerts/runbook.md#AlertsLate', dead: 'lib/alerts/runbook.md#AlertDlqNotEmpty' },
    });
    new Rule(this, 'SevereFindings', {
      eventBus: bus,
      description: 'HIGH and CRITICAL findings become alerts',
      eventPattern: {
        source: [QUARANTINE_EVENT_SOURCE],
        detailType: [SECRET_QUARANTINED],
        detail: { severity: ['HIGH', 'CRITICAL'] },
      },
      targets: [new SqsQueue(pending.queue, { deadLetterQueue: pending.deadLetters, retryAttempts: 185 })],
    });

    // Which findings were announced; forgotten after a while by itself.
    const sent = new Table(this, 'Sent', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: foundation.dataKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'expiration',
      removalPolicy: foundation.removalPolicy,
    });
    const send = new ServiceFunction(this, 'Send', {
      settings: foundation.settings,
      handler: 'alerts/send-alert',
      schema: sendAlertEnv,
      environment: { ALERT_TOPIC_ARN: this.topic.topicArn, IDEMPOTENCY_TABLE: sent.tableName },
      memoryMb: 512,
      timeout: SEND_TIMEOUT,
    });
    Grant.addToPrincipal({ grantee: send, resourceArns: [this.topic.topicArn], actions: ['sns:Publish'] });
    Grant.addToPrincipal({
      grantee: send,
      resourceArns: [sent.tableArn],
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
    });
    this.function = send;
    foundation.grantDataKey(send);
    send.addEventSource(new SqsEventSource(pending.queue, { batchSize: 10, reportBatchItemFailures: true }));

    const failing = { foundation, fires: { atLeast: 1 }, periods: 3, impact: IMPACT } as const;
    new Alarm(this, 'Failing', {
      ...failing,
      metric: send.metricErrors({ period: ONE_MINUTE, statistic: 'Sum' }),
      action: "Read the alert function's last error lines.",
      runbook: 'lib/alerts/runbook.md#AlertFailing',
    });
    // A batch of which a part failed is no error of the function.
    new Alarm(this, 'Refused', {
      ...failing,
      metric: new Metric({
        namespace: METRICS_NAMESPACE,
        metricName: ALERTS_FAILED,
        dimensionsMap: { service: 'alerts' },
        statistic: 'Sum',
        period: ONE_MINUTE,
      }),
      action: "See what the topic answers in the alert function's `alert_failed` lines.",
      runbook: 'lib/alerts/runbook.md#AlertFailing',
    });
  }

  /** May see who listens. */
  grantInspect(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      resourceArns: [this.topic.topicArn],
      actions: ['sns:GetTopicAttributes'],
    });
  }
}
