import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { z } from 'zod';
import type { AlertDelivered } from '../contracts/alerts.ts';
import { NOTE_LATENCY, NOTES_DELIVERED, NOTES_FAILED } from '../contracts/metrics.ts';
import { systemClock, toIso } from '../kernel/clock.ts';
import {
  createDynamo,
  createEventBridge,
  createSecretsManager,
  createSes,
  createSns,
  createSqs,
} from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createSettings } from '../platform/secret-settings.ts';
import { createEmailChannel, createSnsNoteChannel } from './adapters/channels/aws-channels.ts';
import { createPagerDutyChannel } from './adapters/channels/pagerduty-channel.ts';
import {
  emailSettings,
  pagerDutySettings,
  slackSettings,
  webhookSettings,
} from './adapters/channels/settings.ts';
import { createSlackChannel } from './adapters/channels/slack-channel.ts';
import { createWebhookChannel } from './adapters/channels/webhook-channel.ts';
import { createDynamoBreaker, createDynamoDeliveryLog } from './adapters/dynamo-delivery-log.ts';
import { createDeliveries } from './adapters/eventbridge-deliveries.ts';
import { readNote } from './adapters/read-note.ts';
import { deliver, type DeliverDeps, type Delivery, type NoteChannel } from './domain/deliver.ts';
import { episodeOf, noteId, type Note } from './domain/note.ts';
import { deliverNoteEnv } from './deliver-note.env.ts';

/** Longer than the function's timeout of 30 s. */
const HOLD_MS = 35_000;

export interface DeliverNoteDependencies {
  readonly delivery: DeliverDeps;
  readonly sqs: Pick<SQSClient, 'send'>;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Tells the bus, for the audit log. @throws where the bus does not take it */
  readonly announce: (delivered: AlertDelivered) => Promise<void>;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>;
}

const now = () => systemClock.now();

let dependencies: DeliverNoteDependencies | undefined;

/** Invoked by the queue of one channel. */
export const handler = (event: SQSEvent): Promise<SQSBatchResponse> =>
  deliverNotes(event, (dependencies ??= build()));

/** Delivers each message; what must be tried again stays in the queue for as long as it has to wait. */
export async function deliverNotes(
  event: SQSEvent,
  deps: DeliverNoteDependencies,
): Promise<SQSBatchResponse> {
  const { delivery, sqs, logger, metrics } = deps;
  let failed = 0;

  async function attempt({ body, attributes }: SQSRecord): Promise<Delivery> {
    const read = readNote(body);
    if (!read.ok) return { kind: 'dead', reason: `not a message for a channel: ${read.error}` };
    const result = await deliver(read.value, Number(attributes.ApproximateReceiveCount), delivery);
    const fields = {
      channel: delivery.channel.name,
      note_id: noteId(read.value),
      severity: read.value.severity,
    };
    if (result.kind === 'done') {
      logger.info(`note_${result.how}`, fields);
      if (result.how === 'delivered') {
        metrics.addMetric(NOTES_DELIVERED, MetricUnit.Count, 1);
        metrics.addMetric(NOTE_LATENCY, MetricUnit.Milliseconds, delivery.now() - read.value.at);
        // People were told: that is not repeated because the bus did not answer.
        await deps.announce(deliveredOf(read.value, delivery)).catch((error: unknown) => {
          logger.error('delivery_not_announced', { ...fields, ...describeError(error) });
        });
      }
    } else logger.warn(`note_${result.kind}`, { ...fields, reason: result.reason });
    return result;
  }

  async function deliverOrKeep(record: SQSRecord): Promise<void> {
    const result = await attempt(record).catch((error: unknown): Delivery => {
      logger.error('note_failed', { message_id: record.messageId, ...describeError(error) });
      return { kind: 'again', afterMs: 0, reason: 'failed' };
    });
    if (result.kind === 'done') return;
    failed += 1;
    if (result.kind === 'dead') {
      await sqs.send(new SendMessageCommand({ QueueUrl: deps.deadLetterQueueUrl, MessageBody: record.body }));
      return;
    }
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: deps.queueUrl,
        ReceiptHandle: record.receiptHandle,
        VisibilityTimeout: Math.ceil(Math.max(1_000, result.afterMs) / 1_000),
      }),
    );
    throw new Error(result.reason);
  }

  const answer = await processPartialResponse(event, deliverOrKeep, new BatchProcessor(EventType.SQS), {
    throwOnFullBatchFailure: false,
  });
  metrics.addMetric(NOTES_FAILED, MetricUnit.Count, failed);
  metrics.publishStoredMetrics();
  return answer;
}

const deliveredOf = (note: Note, { channel, now: clock }: DeliverDeps): AlertDelivered => ({
  version: 1,
  channel: channel.name,
  noteId: noteId(note),
  alertId: episodeOf(note),
  kind: note.kind,
  severity: note.severity,
  rules: note.rules.map(({ name }) => name),
  count: note.count,
  deliveredAt: toIso(clock()),
});

function build(): DeliverNoteDependencies {
  const env = parseEnv(deliverNoteEnv, process.env);
  const table = { client: createDynamo(), tableName: env.STATE_TABLE };
  return {
    queueUrl: env.QUEUE_URL,
    deadLetterQueueUrl: env.DEAD_LETTER_QUEUE_URL,
    sqs: createSqs(),
    announce: createDeliveries(createEventBridge(), env.EVENT_BUS_NAME),
    logger: createLogger('alerts'),
    metrics: createMetrics('alerts'),
    delivery: {
      channel: channelOf(env),
      log: createDynamoDeliveryLog(table),
      breaker: createDynamoBreaker(table),
      now,
      random: Math.random,
      holdMs: HOLD_MS,
    },
  };
}

function channelOf(env: z.output<typeof deliverNoteEnv>): NoteChannel {
  const need = (value: string | undefined, name: string): string => {
    if (value === undefined) throw new Error(`The channel ${env.CHANNEL} needs ${name} in its environment.`);
    return value;
  };
  const settings = <T>(schema: z.ZodType<T>) =>
    createSettings(
      createSecretsManager(),
      need(env.SETTINGS_SECRET_ARN, 'SETTINGS_SECRET_ARN'),
      schema,
      now,
      "The channel's settings",
    );
  const withSettings = <T>(
    schema: z.ZodType<T>,
    create: (read: () => Promise<T | undefined>) => NoteChannel,
  ): NoteChannel => {
    const { read, forget } = settings(schema);
    return { ...create(read), forgetSettings: forget };
  };
  switch (env.CHANNEL) {
    case 'sns':
      return createSnsNoteChannel(createSns(), need(env.ALERT_TOPIC_ARN, 'ALERT_TOPIC_ARN'));
    case 'slack':
      return withSettings(slackSettings, createSlackChannel);
    case 'pagerduty':
      return withSettings(pagerDutySettings, createPagerDutyChannel);
    case 'email':
      return withSettings(emailSettings, (read) => createEmailChannel(createSes(), read));
    case 'webhook':
      return withSettings(webhookSettings, (read) => createWebhookChannel(read, now));
  }
}
