import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { Probe } from '../domain/check-health.ts';
import type { QueueState } from '../domain/judge.ts';

const count = z.string().regex(/^\d+$/).transform(Number);
const attributes = z.object({
  ApproximateNumberOfMessages: count,
  ApproximateNumberOfMessagesNotVisible: count,
});

export interface QueueUrls {
  readonly queueUrl: string;
  readonly deadLetterUrl: string;
}

/** Counts messages in a queue and its dead-letter queue; SQS counts approximately. */
export function createSqsQueueState(client: SQSClient, urls: QueueUrls): Probe<QueueState> {
  const counts = async (QueueUrl: string, abortSignal: AbortSignal) => {
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
      { abortSignal },
    );
    return attributes.parse(Attributes);
  };
  return async (signal) => {
    const [queue, dead] = await Promise.all([
      counts(urls.queueUrl, signal),
      counts(urls.deadLetterUrl, signal),
    ]);
    return {
      waiting: queue.ApproximateNumberOfMessages,
      inFlight: queue.ApproximateNumberOfMessagesNotVisible,
      dead: dead.ApproximateNumberOfMessages,
    };
  };
}
