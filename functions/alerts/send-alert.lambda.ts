import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import { PublishCommand } from '@aws-sdk/client-sns';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { ALERT_LATENCY, ALERTS_FAILED, ALERTS_SENT } from '../contracts/metrics.ts';
import type { SecretQuarantined } from '../contracts/quarantine.ts';
import { systemClock, type Clock } from '../kernel/clock.ts';
import { createPlainDynamo, createSns } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createDynamoOnce } from './adapters/dynamo-once.ts';
import { readQuarantineEvent } from './adapters/quarantine-event.ts';
import { createSnsChannel } from './adapters/sns-channel.ts';
import { toAlert } from './domain/alert.ts';
import { sendAlert, type AlertChannel, type Once } from './domain/send-alert.ts';
import { sendAlertEnv } from './send-alert.env.ts';

/** The function's timeout, and what of it one publish may take, the SDK's retries included. */
const TIMEOUT_MS = 15_000;
const PUBLISH_DEADLINE_MS = 10_000;

export interface SendAlertDependencies {
  readonly channel: AlertChannel;
  readonly once: (context: Context) => Once;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>;
}

let dependencies: SendAlertDependencies | undefined;

/** Invoked by the queue of severe findings. */
export const handler = (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
  sendAlerts(event, context, (dependencies ??= build()));

/** Sends an alert for each message; what could not be sent stays in the queue, and only that. */
export async function sendAlerts(
  event: SQSEvent,
  context: Context,
  { channel, once, clock, logger, metrics }: SendAlertDependencies,
): Promise<SQSBatchResponse> {
  const memory = once(context);
  const count = { sent: 0, duplicate: 0, in_progress: 0, failed: 0 };

  async function attempt({ messageId, body }: SQSRecord): Promise<keyof typeof count> {
    const read = readQuarantineEvent(body);
    const fields = { message_id: messageId, ...(read.ok ? about(read.value) : {}) };
    try {
      if (!read.ok) throw new Error(`Not an event of the quarantine: ${read.error}`);
      const alert = toAlert(read.value);
      const outcome = await sendAlert(alert, channel, memory);
      if (outcome === 'sent') {
        metrics.addMetric(ALERT_LATENCY, MetricUnit.Milliseconds, clock.now() - Date.parse(alert.timestamp));
      }
      logger.info(`alert_${outcome}`, fields);
      return outcome;
    } catch (error) {
      logger.error('alert_not_sent', { ...fields, ...describeError(error) });
      return 'failed';
    }
  }

  async function sendOrKeep(record: SQSRecord): Promise<void> {
    const outcome = await attempt(record);
    count[outcome] += 1;
    if (outcome === 'failed' || outcome === 'in_progress') throw new Error(outcome);
  }

  const answer = await processPartialResponse(event, sendOrKeep, new BatchProcessor(EventType.SQS), {
    throwOnFullBatchFailure: false,
  });
  metrics.addMetric(ALERTS_SENT, MetricUnit.Count, count.sent);
  metrics.addMetric(ALERTS_FAILED, MetricUnit.Count, count.failed);
  metrics.publishStoredMetrics();
  return answer;
}

function about(found: SecretQuarantined) {
  return {
    correlation_id: found.correlationId,
    finding_id: found.findingId,
    secret_type: found.secretType,
    severity: found.severity,
    hypercore_position: found.position,
    bzzz_message_id: found.messageId,
    redacted_content: found.redactedContent,
  };
}

function build(): SendAlertDependencies {
  const env = parseEnv(sendAlertEnv, process.env);
  const sns = createSns();
  return {
    clock: systemClock,
    logger: createLogger('alerts'),
    metrics: createMetrics('alerts'),
    once: createDynamoOnce({
      client: createPlainDynamo(),
      tableName: env.IDEMPOTENCY_TABLE,
      longestRunMs: TIMEOUT_MS,
    }),
    channel: createSnsChannel({
      topicArn: env.ALERT_TOPIC_ARN,
      publish: (message) =>
        sns.send(new PublishCommand(message), { abortSignal: AbortSignal.timeout(PUBLISH_DEADLINE_MS) }),
    }),
  };
}
