import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import { moveCondition } from '../../kernel/moves.ts';
import { ROTATION_HISTORY_INDEX, rotationView, type RotationView } from '../../contracts/rotation.ts';
import type { RotationStore } from '../domain/ports.ts';
import { rotationRecord, viewOf, type RotationRecord } from '../domain/rotation.ts';
import { isTerminal, ROTATION_MOVES } from '../domain/transitions.ts';

const REQUEST_DEADLINE_MS = 4_000;
const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });

export interface RotationTable {
  readonly client: Pick<DynamoDBDocumentClient, 'send'>;
  readonly table: string;
}

/**
 * Records in a table; each write is one revision, and a move is written only from its valid beginnings. A rotation that
 * ends is written a second time in the same act, under its own id: that is the history, which no later one overwrites.
 */
export function createDynamoRotationStore({ client, table }: RotationTable): RotationStore {
  return {
    async get(secret) {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: { pk: secret }, ConsistentRead: true }),
        bounded(),
      );
      return Item === undefined ? undefined : rotationRecord.parse(Item);
    },

    async write(record, seen, move) {
      const moves = move && moveCondition(ROTATION_MOVES, move);
      const put = {
        TableName: table,
        Item: record,
        ...(seen === undefined
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: ['#revision = :seen', ...(moves ? [moves.expression] : [])].join(' AND '),
              ExpressionAttributeNames: { '#revision': 'revision', ...(moves && { '#status': 'status' }) },
              ExpressionAttributeValues: { ':seen': seen, ...moves?.values },
            }),
      };
      const history = isTerminal(record.status) ? [{ Put: { TableName: table, Item: pastOf(record) } }] : [];
      try {
        if (history.length === 0) await client.send(new PutCommand(put), bounded());
        else
          await client.send(
            new TransactWriteCommand({ TransactItems: [{ Put: put }, ...history] }),
            bounded(),
          );
        return true;
      } catch (error) {
        if (isRefused(error)) return false;
        throw error;
      }
    },
  };
}

/** What is kept of a rotation that is over: what people see, with every call that was made. */
function pastOf(record: RotationRecord) {
  const { rotationId, secret, calls } = record;
  return { ...viewOf(record), pk: rotationId, historyOf: secret, calls };
}

/** The condition did not hold, alone or in a transaction; another transaction in the way is tried again as well. */
function isRefused(error: unknown): boolean {
  if (error instanceof ConditionalCheckFailedException) return true;
  if (!(error instanceof Error) || error.name !== 'TransactionCanceledException') return false;
  return /ConditionalCheckFailed|TransactionConflict/.test(error.message);
}

/** Rotations of a secret that are over, the newest first. */
export async function readHistory(
  { client, table }: RotationTable,
  secret: string,
  most: number,
): Promise<readonly RotationView[]> {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: table,
      IndexName: ROTATION_HISTORY_INDEX.name,
      KeyConditionExpression: '#of = :secret',
      ExpressionAttributeNames: { '#of': ROTATION_HISTORY_INDEX.partitionKey },
      ExpressionAttributeValues: { ':secret': secret },
      ScanIndexForward: false,
      Limit: most,
    }),
    bounded(),
  );
  return Items.map((item) => rotationView.parse(item));
}
