import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { admit } from '../domain/limit.ts';
import type { RevocationLimit, RevocationStore } from '../domain/ports.ts';
import { revocationRecord } from '../domain/revocation.ts';
import { conditionOf } from '../domain/transitions.ts';

const REQUEST_DEADLINE_MS = 4_000;
/** The limit is one item that every revocation by policy writes: some wait for each other. */
const MAX_WRITES = 12;
/** The key of the limit's item, beside the cases. */
const LIMIT_KEY = { pk: 'limit' };

const admissionsItem = z.object({ admitted: z.record(z.string(), z.number()), version: z.int().positive() });

interface Table {
  readonly client: Pick<DynamoDBDocumentClient, 'send'>;
  readonly table: string;
}
const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });

async function read({ client, table }: Table, Key: { readonly pk: string }): Promise<unknown> {
  const { Item } = await client.send(
    new GetCommand({ TableName: table, Key, ConsistentRead: true }),
    bounded(),
  );
  return Item;
}

/** @returns false where the condition does not hold */
async function putIf(
  { client, table }: Table,
  Item: Record<string, unknown>,
  condition: Pick<
    PutCommand['input'],
    'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
  >,
): Promise<boolean> {
  try {
    await client.send(new PutCommand({ TableName: table, Item, ...condition }), bounded());
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** Records in a table; each write is one revision, and a move is written only from its valid beginnings. */
export function createDynamoRevocationStore(where: Table): RevocationStore {
  return {
    async get(caseId) {
      const item = await read(where, { pk: caseId });
      return item === undefined ? undefined : revocationRecord.parse(item);
    },

    write(record, seen, move) {
      if (seen === undefined)
        return putIf(where, record, { ConditionExpression: 'attribute_not_exists(pk)' });
      const moves = move && conditionOf(move);
      return putIf(where, record, {
        ConditionExpression: ['#revision = :seen', ...(moves ? [moves.expression] : [])].join(' AND '),
        ExpressionAttributeNames: { '#revision': 'revision', ...(moves && { '#status': 'status' }) },
        ExpressionAttributeValues: { ':seen': seen, ...moves?.values },
      });
    },
  };
}

/** The limit as one item of the same table. */
export function createDynamoRevocationLimit(where: Table): RevocationLimit {
  return {
    async admit(key, nowMs, revocationsPerHour) {
      for (let attempt = 0; attempt < MAX_WRITES; attempt += 1) {
        const item = await read(where, LIMIT_KEY);
        const known = item === undefined ? undefined : admissionsItem.parse(item);
        const admitted = admit(known?.admitted ?? {}, key, nowMs, revocationsPerHour);
        if (admitted === undefined) return false;
        if (known !== undefined && key in known.admitted) return true;
        const written = await putIf(
          where,
          { ...LIMIT_KEY, admitted, version: (known?.version ?? 0) + 1 },
          known === undefined
            ? { ConditionExpression: 'attribute_not_exists(pk)' }
            : {
                ConditionExpression: '#version = :seen',
                ExpressionAttributeNames: { '#version': 'version' },
                ExpressionAttributeValues: { ':seen': known.version },
              },
        );
        if (written) return true;
      }
      throw new Error('The limit is being written by others all the time.');
    },
  };
}
