import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, type IEventBus } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { evaluateEventsEnv } from '../../functions/alerts/evaluate-events.env.ts';
import { REPORT_CHANGED, REPORT_EVENT_SOURCE } from '../../functions/contracts/reports.ts';
import {
  REVOCATION_CHANGED,
  REVOCATION_EVENT_SOURCE,
  SECRET_REVOKED,
} from '../../functions/contracts/revocation.ts';
import { ANNOUNCED_EVENTS } from '../../functions/contracts/announced.ts';
import { ALERTS_FAILED, METRICS_NAMESPACE, NOTES_FAILED } from '../../functions/contracts/metrics.ts';
import {
  CASE_CHANGED,
  QUARANTINE_EVENT_SOURCE,
  SECRET_QUARANTINED,
} from '../../functions/contracts/quarantine.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import { WorkQueue } from '../platform/work-queue.ts';
import type { AlertStateTable } from './alert-state-table.ts';
import { Channel } from './channel.ts';

export interface AlertsProps {
  readonly foundation: Foundation;
  readonly bus: IEventBus;
  readonly state: AlertStateTable;
}

const EVALUATE_TIMEOUT = Duration.seconds(30);
const UNHEARD =
  'Leaks and failures are known, but the rules that would tell people of them are not evaluated.';

/** Rules over what happens, groups of alerts, and channels to people that each have a queue of their own. */
export class Alerts extends Construct {
  /** What subscribers hear: one message for a group. */
  readonly topic: Topic;
  readonly evaluate: ServiceFunction<typeof evaluateEventsEnv>;
  /** By the name that their outputs begin with. */
  readonly channels: Readonly<Record<'Sns' | 'Slack' | 'PagerDuty' | 'Email' | 'Webhook', Channel>>;

  constructor(scope: Construct, id: string, props: AlertsProps) {
    super(scope, id);
    const { foundation, bus, state } = props;
    this.topic = new Topic(this, 'Topic', {
      displayName: 'SHHH alerts',
      masterKey: foundation.dataKey,
      enforceSSL: true,
    });
    const shared = { foundation, state, bus, topic: this.topic };
    this.channels = {
      Sns: new Channel(this, 'ChannelSns', { ...shared, channel: 'sns' }),
      Slack: new Channel(this, 'ChannelSlack', { ...shared, channel: 'slack' }),
      PagerDuty: new Channel(this, 'ChannelPagerDuty', { ...shared, channel: 'pagerduty' }),
      Email: new Channel(this, 'ChannelEmail', { ...shared, channel: 'email' }),
      Webhook: new Channel(this, 'ChannelWebhook', { ...shared, channel: 'webhook' }),
    };

    const queued = {
      foundation,
      consumerTimeout: EVALUATE_TIMEOUT,
      retention: Duration.days(4),
      oldestSeconds: 120,
      impact: UNHEARD,
      runbook: {
        old: 'lib/alerts/runbook.md#RulesLate',
        dead: 'lib/alerts/runbook.md#RulesDlqNotEmpty',
      },
    } as const;
    const events = new WorkQueue(this, 'Events', queued);
    // A timer waits a quarter of an hour by itself.
    const timers = new WorkQueue(this, 'Timers', { ...queued, oldestSeconds: 1_800 });
    this.#listen(bus, events, foundation.settings.stage);

    const queueUrl = (name: keyof typeof this.channels) => this.channels[name].queue.queueUrl;
    this.evaluate = new ServiceFunction(this, 'Evaluate', {
      settings: foundation.settings,
      handler: 'alerts/evaluate-events',
      schema: evaluateEventsEnv,
      environment: {
        STATE_TABLE: state.table.tableName,
        TIMER_QUEUE_URL: timers.queue.queueUrl,
        SNS_QUEUE_URL: queueUrl('Sns'),
        SLACK_QUEUE_URL: queueUrl('Slack'),
        PAGERDUTY_QUEUE_URL: queueUrl('PagerDuty'),
        EMAIL_QUEUE_URL: queueUrl('Email'),
        WEBHOOK_QUEUE_URL: queueUrl('Webhook'),
        CONSOLE_URL: foundation.settings.consoleUrl,
      },
      memoryMb: 1024,
      timeout: EVALUATE_TIMEOUT,
    });
    state.grantEvaluate(this.evaluate);
    Grant.addToPrincipal({
      grantee: this.evaluate,
      resourceArns: [timers, ...Object.values(this.channels)].map(({ queue }) => queue.queueArn),
      actions: ['sqs:SendMessage'],
    });
    foundation.grantDataKey(this.evaluate);
    for (const { queue } of [events, timers])
      this.evaluate.addEventSource(
        new SqsEventSource(queue, { batchSize: 10, reportBatchItemFailures: true }),
      );
    this.#watch(foundation);
  }

  /** May see who listens. */
  grantInspect(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      resourceArns: [this.topic.topicArn],
      actions: ['sns:GetTopicAttributes'],
    });
  }

  /** Queues what the rules speak of. */
  #listen(bus: IEventBus, events: WorkQueue, stage: string): void {
    const target = () =>
      new SqsQueue(events.queue, { deadLetterQueue: events.deadLetters, retryAttempts: 185 });
    new Rule(this, 'Happenings', {
      eventBus: bus,
      description: 'What the rules of alerts speak of',
      eventPattern: {
        source: [
          ...new Set([
            QUARANTINE_EVENT_SOURCE,
            REVOCATION_EVENT_SOURCE,
            REPORT_EVENT_SOURCE,
            ...Object.values(ANNOUNCED_EVENTS),
          ]),
        ],
        detailType: [
          SECRET_QUARANTINED,
          CASE_CHANGED,
          SECRET_REVOKED,
          REPORT_CHANGED,
          ...Object.keys(ANNOUNCED_EVENTS),
        ],
      },
      targets: [target()],
    });
    new Rule(this, 'Revocations', {
      eventBus: bus,
      description: 'Revocations that wait for people, or ended with them',
      eventPattern: {
        source: [REVOCATION_EVENT_SOURCE],
        detailType: [REVOCATION_CHANGED],
        // A run changes many times.
        detail: { status: ['awaiting_approval', 'failed', 'manual'] },
      },
      targets: [target()],
    });
    new Rule(this, 'Alarms', {
      description: 'Alarms of SHHH become alerts',
      eventPattern: {
        source: ['aws.cloudwatch'],
        detailType: ['CloudWatch Alarm State Change'],
        detail: { alarmName: [{ prefix: `shhh-${stage}-` }] },
      },
      targets: [target()],
    });
  }

  #watch(foundation: Foundation): void {
    const failing = { foundation, fires: { atLeast: 1 }, periods: 3 } as const;
    const counted = (metricName: string) =>
      new Metric({
        namespace: METRICS_NAMESPACE,
        metricName,
        dimensionsMap: { service: 'alerts' },
        statistic: 'Sum',
        period: ONE_MINUTE,
      });
    new Alarm(this, 'Failing', {
      ...failing,
      metric: this.evaluate.metricErrors({ period: ONE_MINUTE, statistic: 'Sum' }),
      impact: UNHEARD,
      action: "Read the evaluating function's last error lines.",
      runbook: 'lib/alerts/runbook.md#RulesFailing',
    });
    // A batch of which a part failed is no error of the function.
    new Alarm(this, 'Refused', {
      ...failing,
      metric: counted(ALERTS_FAILED),
      impact: UNHEARD,
      action:
        'See why in the `events_not_evaluated` and `event_unreadable` lines of the evaluating function.',
      runbook: 'lib/alerts/runbook.md#RulesLate',
    });
    new Alarm(this, 'NotesRefused', {
      ...failing,
      metric: counted(NOTES_FAILED),
      impact: 'A channel does not take alerts; they are tried again for about four hours.',
      action: 'See which channel and why in the `note_again` lines of the delivering functions.',
      runbook: 'lib/alerts/runbook.md#ChannelLate',
    });
  }
}
