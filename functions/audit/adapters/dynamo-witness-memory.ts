import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import type { WitnessMemory } from '../domain/witness.ts';

const REQUEST_DEADLINE_MS = 4_000;

const stored = z.object({ size: z.int().nonnegative(), root: z.base64() });

/** The largest head of each log as one item, replaced only if it is still the one that the proof led from. */
export function createDynamoWitnessMemory(
  client: Pick<DynamoDBDocumentClient, 'send'>,
  TableName: string,
): WitnessMemory {
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
  const keyOf = (origin: string) => ({ pk: `log#${origin}` });
  return {
    async last(origin) {
      const { Item } = await client.send(
        new GetCommand({ TableName, Key: keyOf(origin), ConsistentRead: true }),
        bounded(),
      );
      if (Item === undefined) return undefined;
      const { size, root } = stored.parse(Item);
      return { size, root: Buffer.from(root, 'base64') };
    },

    async remember({ origin, size, root }, older) {
      try {
        await client.send(
          new UpdateCommand({
            TableName,
            Key: keyOf(origin),
            UpdateExpression: 'SET #size = :size, #root = :root',
            // Nothing is remembered of a log that nobody asked about: it is as if it had been empty.
            ConditionExpression:
              older === 0 ? 'attribute_not_exists(#size) OR #size = :older' : '#size = :older',
            ExpressionAttributeNames: { '#size': 'size', '#root': 'root' },
            ExpressionAttributeValues: {
              ':size': size,
              ':root': Buffer.from(root).toString('base64'),
              ':older': older,
            },
          }),
          bounded(),
        );
        return true;
      } catch (error) {
        // Also where our own write was answered too late and repeated: the log asks again, from the size that it is told.
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}
