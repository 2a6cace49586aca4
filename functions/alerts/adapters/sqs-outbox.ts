import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { labelName } from '../domain/labels.ts';
import type { Outbox, Timer } from '../domain/ports.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { describeProblems } from '../../platform/problems.ts';

const timer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('group'), key: z.string(), episode: z.number(), dueAt: z.number() }),
  z.strictObject({
    kind: z.literal('absence'),
    rule: z.string(),
    key: z.string(),
    id: z.string(),
    at: z.number(),
    dueAt: z.number(),
    labels: z.partialRecord(labelName, z.string()),
  }),
]);

/** @returns the timer of a message, or why it is none, without quoting it */
export function readTimer(body: string): Result<Timer, string> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return err('the message is no JSON');
  }
  const parsed = timer.safeParse(value);
  return parsed.success ? ok(parsed.data) : err(describeProblems(parsed.error));
}

/** SQS's own limits. */
const MOST_DELAY_SECONDS = 900;
const MESSAGES_PER_REQUEST = 10;

export interface SqsOutboxOptions {
  readonly sqs: Pick<SQSClient, 'send'>;
  readonly timerQueueUrl: string;
  /** By channel. */
  readonly channelQueueUrls: Readonly<Record<string, string>>;
}

/** Hands messages to the channels' queues, and timers to a queue that delivers late. */
export function createSqsOutbox({ sqs, timerQueueUrl, channelQueueUrls }: SqsOutboxOptions): Outbox {
  async function sendAll(
    QueueUrl: string,
    bodies: readonly { body: string; delaySeconds: number }[],
  ): Promise<void> {
    for (let at = 0; at < bodies.length; at += MESSAGES_PER_REQUEST) {
      const { Failed = [] } = await sqs.send(
        new SendMessageBatchCommand({
          QueueUrl,
          Entries: bodies.slice(at, at + MESSAGES_PER_REQUEST).map(({ body, delaySeconds }, index) => ({
            Id: String(index),
            MessageBody: body,
            DelaySeconds: delaySeconds,
          })),
        }),
      );
      if (Failed.length > 0)
        throw new Error(`SQS refused ${Failed.length} messages: ${Failed[0]?.Code ?? 'unknown'}.`);
    }
  }
  return {
    async send(note, channels) {
      await Promise.all(
        channels.map((channel) => {
          const url = channelQueueUrls[channel];
          if (url === undefined) throw new Error(`There is no queue for the channel ${channel}.`);
          return sendAll(url, [{ body: JSON.stringify(note), delaySeconds: 0 }]);
        }),
      );
    },
    remind: (timers, now) =>
      sendAll(
        timerQueueUrl,
        timers.map((each) => ({
          body: JSON.stringify(each),
          delaySeconds: Math.min(MOST_DELAY_SECONDS, Math.max(0, Math.ceil((each.dueAt - now) / 1000))),
        })),
      ),
  };
}
