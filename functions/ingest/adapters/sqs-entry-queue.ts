import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { EntryQueue } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 10_000;

/**
 * A standard queue; a message group makes it a fair one, in which a log with a long backlog does not delay the others.
 * SQS answers for each message of a batch by itself.
 */
export function createSqsEntryQueue(sqs: Pick<SQSClient, 'send'>, queueUrl: string): EntryQueue {
  return {
    async send(batch) {
      const { Successful = [], Failed = [] } = await sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: batch.map(({ body, group }, index) => ({
            Id: String(index),
            MessageBody: body,
            ...(group !== undefined && { MessageGroupId: group }),
          })),
        }),
        { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
      );
      const accepted = new Set(Successful.map(({ Id }) => Id));
      const codes = new Map(Failed.map(({ Id, Code }) => [Id, Code]));
      return batch.map((_, index) => {
        const id = String(index);
        return accepted.has(id)
          ? { accepted: true }
          : { accepted: false, code: codes.get(id) ?? 'NotAnswered' };
      });
    },
  };
}
