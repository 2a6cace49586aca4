import { GetCommand, PutCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import type { SeenCheckpoint } from '../domain/check-integrity.ts';

const KEY = { pk: 'verified' };
const REQUEST_DEADLINE_MS = 4_000;
const stored = z.object({ origin: z.string(), size: z.int().nonnegative(), root: z.base64() });

/** The checkpoint that was verified last, as one item. */
export function createDynamoSeenCheckpoint(
  client: Pick<DynamoDBDocumentClient, 'send'>,
  TableName: string,
): SeenCheckpoint {
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
  return {
    async read() {
      const { Item } = await client.send(
        new GetCommand({ TableName, Key: KEY, ConsistentRead: true }),
        bounded(),
      );
      if (Item === undefined) return undefined;
      const { origin, size, root } = stored.parse(Item);
      return { origin, size, root: Buffer.from(root, 'base64') };
    },
    async write({ origin, size, root }) {
      const Item = { ...KEY, origin, size, root: Buffer.from(root).toString('base64') };
      await client.send(new PutCommand({ TableName, Item }), bounded());
    },
  };
}
