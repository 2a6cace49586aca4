import { Duration, SecretValue, Stack, Validations } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { deliverNoteEnv } from '../../functions/alerts/deliver-note.env.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import { WorkQueue } from '../platform/work-queue.ts';
import type { AlertStateTable } from './alert-state-table.ts';

export interface ChannelProps {
  readonly foundation: Foundation;
  readonly state: AlertStateTable;
  /** Hears of what was delivered. */
  readonly bus: IEventBus;
  readonly channel: 'sns' | 'slack' | 'pagerduty' | 'email' | 'webhook';
  /** What the channel `sns` publishes to. */
  readonly topic: Topic;
}

const TIMEOUT = Duration.seconds(30);
/** With the backoff that grows to ten minutes: about four hours. */
const RECEIVES_BEFORE_DEAD = 30;
/** Of one channel at the same time: a provider's rate limit is soon met. */
const CONCURRENCY = 2;

/** One way to people: a queue, the function that delivers from it, and the settings that a person puts in. */
export class Channel extends Construct {
  readonly queue: Queue;
  /** Settings and credentials; absent where there are none. */
  readonly settings: Secret | undefined;

  constructor(scope: Construct, id: string, props: ChannelProps) {
    super(scope, id);
    const { foundation, state, bus, channel, topic } = props;
    const impact = `Alerts do not reach people over the channel ${channel}.`;
    const { queue, deadLetters } = new WorkQueue(this, 'Notes', {
      foundation,
      consumerTimeout: TIMEOUT,
      retention: Duration.days(4),
      oldestSeconds: 300,
      impact,
      runbook: { old: 'lib/alerts/runbook.md#ChannelLate', dead: 'lib/alerts/runbook.md#AlertUndelivered' },
      receivesBeforeDead: RECEIVES_BEFORE_DEAD,
    });
    this.queue = queue;
    this.settings = channel === 'sns' ? undefined : this.#createSettings(channel, foundation);

    const deliver = new ServiceFunction(this, 'Deliver', {
      settings: foundation.settings,
      handler: 'alerts/deliver-note',
      schema: deliverNoteEnv,
      environment: {
        CHANNEL: channel,
        STATE_TABLE: state.table.tableName,
        EVENT_BUS_NAME: bus.eventBusName,
        QUEUE_URL: queue.queueUrl,
        DEAD_LETTER_QUEUE_URL: deadLetters.queueUrl,
        SETTINGS_SECRET_ARN: this.settings?.secretArn,
        ALERT_TOPIC_ARN: channel === 'sns' ? topic.topicArn : undefined,
      },
      memoryMb: 512,
      timeout: TIMEOUT,
    });
    const allow = (resourceArn: string, action: string) =>
      Grant.addToPrincipal({ grantee: deliver, resourceArns: [resourceArn], actions: [action] });
    state.grantDeliver(deliver);
    bus.grantPutEventsTo(deliver);
    allow(deadLetters.queueArn, 'sqs:SendMessage');
    if (this.settings) allow(this.settings.secretArn, 'secretsmanager:GetSecretValue');
    if (channel === 'sns') allow(topic.topicArn, 'sns:Publish');
    if (channel === 'email') {
      allow(
        Stack.of(this).formatArn({ service: 'ses', resource: 'identity', resourceName: '*' }),
        'ses:SendEmail',
      );
      Validations.of(deliver.role ?? deliver).acknowledge({
        id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*]`,
        reason:
          'The sender is a setting that changes without a deploy; SES sends only from identities that this account has verified.',
      });
    }
    foundation.grantDataKey(deliver);
    deliver.addEventSource(
      new SqsEventSource(queue, { batchSize: 5, reportBatchItemFailures: true, maxConcurrency: CONCURRENCY }),
    );
    new Alarm(this, 'Failing', {
      foundation,
      metric: deliver.metricErrors({ period: ONE_MINUTE, statistic: 'Sum' }),
      fires: { atLeast: 1 },
      periods: 3,
      impact,
      action: "Read the delivering function's last error lines.",
      runbook: 'lib/alerts/runbook.md#ChannelFailing',
    });
  }

  /** Off until somebody puts the settings in; a deploy does not touch them again. */
  #createSettings(channel: string, foundation: Foundation): Secret {
    const secret = new Secret(this, 'Settings', {
      description: `SHHH: settings and credentials of the alert channel ${channel}`,
      encryptionKey: foundation.dataKey,
      secretStringValue: SecretValue.unsafePlainText('{}'),
      removalPolicy: foundation.removalPolicy,
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'The credential belongs to a provider that has no API to rotate it by; a person replaces it there and here.',
    });
    return secret;
  }
}
