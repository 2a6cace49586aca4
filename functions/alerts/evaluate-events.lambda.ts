import type { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { ALERT_LATENCY, ALERTS_FAILED, ALERTS_RAISED } from '../contracts/metrics.ts';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createSqs } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { readBusEvent } from './adapters/bus-event.ts';
import { createDynamoGroupStore } from './adapters/dynamo-group-store.ts';
import { createDynamoSilenceStore } from './adapters/dynamo-silence-book.ts';
import { createDynamoInhibitionStore, createDynamoWindowStore } from './adapters/dynamo-window-store.ts';
import { createSqsOutbox, readTimer } from './adapters/sqs-outbox.ts';
import { elapse, evaluate, type EvaluateDeps } from './domain/evaluate.ts';
import type { AlertEvent } from './domain/event.ts';
import type { Timer } from './domain/ports.ts';
import { linkUnder } from './domain/link.ts';
import { RuleBook } from './domain/rule-book.ts';
import { ruleSet } from './domain/sigma/rule.ts';
import { evaluateEventsEnv } from './evaluate-events.env.ts';
import rules from './rules.json' with { type: 'json' };

export interface EvaluateEventsDependencies {
  readonly evaluation: Omit<EvaluateDeps, 'observe'>;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>;
}

const now = () => systemClock.now();

let dependencies: EvaluateEventsDependencies | undefined;

/** Invoked by the queue of events and by that of timers. */
export const handler = (event: SQSEvent): Promise<SQSBatchResponse> =>
  evaluateEvents(event, (dependencies ??= build()));

/** Evaluates a batch as one; what is no event fails alone. */
export async function evaluateEvents(
  event: SQSEvent,
  { evaluation, logger, metrics }: EvaluateEventsDependencies,
): Promise<SQSBatchResponse> {
  const events: { record: SQSRecord; event: AlertEvent }[] = [];
  const timers: { record: SQSRecord; timer: Timer }[] = [];
  const failed: SQSRecord[] = [];
  for (const record of event.Records) {
    const timer = readTimer(record.body);
    const read = timer.ok ? undefined : readBusEvent(record.body);
    if (timer.ok) timers.push({ record, timer: timer.value });
    else if (read?.ok) events.push({ record, event: read.value });
    else {
      failed.push(record);
      logger.error('event_unreadable', { message_id: record.messageId, reason: read?.error });
    }
  }
  const deps: EvaluateDeps = {
    ...evaluation,
    observe(observation) {
      const { event: name, ...fields } = observation;
      logger.info(name, fields);
      if (observation.event !== 'alert_raised') return;
      metrics.addMetric(ALERTS_RAISED, MetricUnit.Count, 1);
      metrics.addMetric(ALERT_LATENCY, MetricUnit.Milliseconds, observation.age_ms);
    },
  };
  const attempt = async (records: readonly SQSRecord[], work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      failed.push(...records);
      logger.error('events_not_evaluated', { messages: records.length, ...describeError(error) });
    }
  };
  if (events.length > 0) {
    const records = events.map(({ record }) => record);
    await attempt(records, () =>
      evaluate(
        events.map((each) => each.event),
        records.some(cameBefore),
        deps,
      ),
    );
  }
  await Promise.all(
    timers.map(({ record, timer }) => attempt([record], () => elapse(timer, cameBefore(record), deps))),
  );
  metrics.addMetric(ALERTS_FAILED, MetricUnit.Count, failed.length);
  metrics.publishStoredMetrics();
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

const cameBefore = ({ attributes }: SQSRecord): boolean => Number(attributes.ApproximateReceiveCount) > 1;

function build(): EvaluateEventsDependencies {
  const env = parseEnv(evaluateEventsEnv, process.env);
  const table = { client: createDynamo(), tableName: env.STATE_TABLE };
  return {
    logger: createLogger('alerts'),
    metrics: createMetrics('alerts'),
    evaluation: {
      book: new RuleBook(ruleSet.parse(rules)),
      windows: createDynamoWindowStore(table),
      groups: createDynamoGroupStore(table, now),
      inhibitions: createDynamoInhibitionStore(table),
      silences: createDynamoSilenceStore(table, now),
      outbox: createSqsOutbox({
        sqs: createSqs(),
        timerQueueUrl: env.TIMER_QUEUE_URL,
        channelQueueUrls: {
          sns: env.SNS_QUEUE_URL,
          slack: env.SLACK_QUEUE_URL,
          pagerduty: env.PAGERDUTY_QUEUE_URL,
          email: env.EMAIL_QUEUE_URL,
          webhook: env.WEBHOOK_QUEUE_URL,
        },
      }),
      raised: new Set(),
      now,
      linkTo: linkUnder(env.CONSOLE_URL),
    },
  };
}
