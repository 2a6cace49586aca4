import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Rejects } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 4_000;
/** SQS counts attributes to a message's size, and nobody reads a longer reason. */
const MAX_REASON = 500;

/** Puts unreadable messages into a queue, the reason as the attribute `reason`. */
export function createSqsRejects(sqs: Pick<SQSClient, 'send'>, queueUrl: string): Rejects {
  return {
    async put(body, reason) {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: body,
          MessageAttributes: { reason: { DataType: 'String', StringValue: reason.slice(0, MAX_REASON) } },
        }),
        { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
      );
    },
  };
}
