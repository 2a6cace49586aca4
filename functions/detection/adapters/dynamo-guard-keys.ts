import { GetCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { describeProblems } from '../../platform/problems.ts';
import { guardKeyItem, guardKeyPk, type GuardKeys, type GuardRates } from '../domain/guard-keys.ts';

const REQUEST_DEADLINE_MS = 2_000;
/** Counters are of no use after their minute; DynamoDB deletes them some time after this. */
const KEEP_COUNTER_SECONDS = 3_600;

/** Keys as `npm run guard-keys` writes them. */
export function createDynamoGuardKeys(
  dynamo: Pick<DynamoDBDocumentClient, 'send'>,
  TableName: string,
): GuardKeys {
  return {
    async find(id) {
      const { Item } = await dynamo.send(
        // Consistent: a key that was revoked a moment ago is revoked.
        new GetCommand({ TableName, Key: { pk: guardKeyPk(id) }, ConsistentRead: true }),
        { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
      );
      if (Item === undefined) return undefined;
      const item = guardKeyItem.safeParse(Item);
      if (!item.success) throw new Error(`The key ${id} is unreadable (${describeProblems(item.error)}).`);
      return item.data;
    },
  };
}

const counter = z.object({ requests: z.int() });

/** One counter for each key and minute, shared by all functions. */
export function createDynamoGuardRates(
  dynamo: Pick<DynamoDBDocumentClient, 'send'>,
  TableName: string,
): GuardRates {
  return {
    async count(keyId, minute) {
      const { Attributes } = await dynamo.send(
        new UpdateCommand({
          TableName,
          Key: { pk: `RATE#${keyId}#${minute}` },
          UpdateExpression: 'ADD requests :one SET expiresAt = :later',
          ExpressionAttributeValues: { ':one': 1, ':later': minute * 60 + KEEP_COUNTER_SECONDS },
          ReturnValues: 'UPDATED_NEW',
        }),
        { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
      );
      return counter.parse(Attributes).requests;
    },
  };
}
