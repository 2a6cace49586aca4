import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { EMPTY_LOG, type LogHead } from '../domain/grow-log.ts';
import type { SequenceStore } from '../domain/sequence.ts';

const KEY = { pk: 'sequence' };
const REQUEST_DEADLINE_MS = 4_000;

const storedHead = z
  .object({ size: z.int().nonnegative(), root: z.base64(), lastHash: z.string() })
  .transform(({ size, root, lastHash }): LogHead => ({ size, root: Buffer.from(root, 'base64'), lastHash }));
const stored = z.object({
  version: z.int().nonnegative(),
  published: storedHead,
  batch: z.object({ staged: z.string(), head: storedHead }).optional(),
});

const toStore = ({ size, root, lastHash }: LogHead) => ({
  size,
  root: Buffer.from(root).toString('base64'),
  lastHash,
});

/** The head as one item, changed only if it is still what the writer saw. */
export function createDynamoSequence(
  client: Pick<DynamoDBDocumentClient, 'send'>,
  TableName: string,
): SequenceStore {
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
  return {
    async read() {
      const { Item } = await client.send(
        new GetCommand({ TableName, Key: KEY, ConsistentRead: true }),
        bounded(),
      );
      return Item === undefined ? { version: 0, published: EMPTY_LOG } : stored.parse(Item);
    },

    async compareAndSet({ version, published, batch }) {
      try {
        await client.send(
          new PutCommand({
            TableName,
            Item: {
              ...KEY,
              version,
              published: toStore(published),
              ...(batch && { batch: { staged: batch.staged, head: toStore(batch.head) } }),
            },
            ...(version === 1
              ? { ConditionExpression: 'attribute_not_exists(pk)' }
              : {
                  ConditionExpression: '#version = :before',
                  ExpressionAttributeNames: { '#version': 'version' },
                  ExpressionAttributeValues: { ':before': version - 1 },
                }),
          }),
          bounded(),
        );
        return true;
      } catch (error) {
        // Also where our own write was answered too late and repeated: then whoever comes next finishes it.
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}
