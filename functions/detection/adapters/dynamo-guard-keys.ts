import { GetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describeProblems } from '../../platform/problems.ts';
import { guardKeyItem, guardKeyPk, type GuardKeys } from '../domain/guard-keys.ts';

const REQUEST_DEADLINE_MS = 2_000;

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
