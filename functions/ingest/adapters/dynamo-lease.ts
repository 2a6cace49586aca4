import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand, type DynamoDBDocumentClient, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { ingestKey, leaseItem } from '../../contracts/ingest-state.ts';
import { err, ok } from '../../kernel/result.ts';
import { describeProblems } from '../../platform/problems.ts';
import type { Lease } from '../domain/ports.ts';

/** Shorter than the time between two renewals, so that a slow answer does not cost the lease. */
const REQUEST_DEADLINE_MS = 2_500;

/**
 * One item with an expiry and a token that every acquisition raises. Clocks may differ: a holder that believes in its
 * lease too long does no harm, since its token is refused wherever it writes.
 */
export function createDynamoLease(dynamo: Pick<DynamoDBDocumentClient, 'send'>, tableName: string): Lease {
  const names = { '#holder': 'holder', '#token': 'token', '#expiresAt': 'expiresAt' } as const;

  /** @returns the item after the write, `undefined` when its condition did not hold */
  async function write(
    input: Pick<UpdateCommandInput, 'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeValues'>,
  ): Promise<{ token: number; expiresAt: number } | undefined> {
    try {
      const { Attributes } = await dynamo.send(
        new UpdateCommand({
          TableName: tableName,
          Key: ingestKey.lease(),
          ExpressionAttributeNames: names,
          ReturnValues: 'ALL_NEW',
          ...input,
        }),
        { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
      );
      const parsed = leaseItem.safeParse(Attributes);
      if (!parsed.success) throw new Error(`The lease is not readable: ${describeProblems(parsed.error)}.`);
      return parsed.data;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }

  return {
    async acquire(holder, now, ttlMs) {
      const item = await write({
        UpdateExpression: 'SET #holder = :holder, #expiresAt = :expiresAt ADD #token :one',
        // Its own lease may be taken again: the answer to the first try may have been lost.
        ConditionExpression: 'attribute_not_exists(pk) OR #expiresAt <= :now OR #holder = :holder',
        ExpressionAttributeValues: { ':holder': holder, ':expiresAt': now + ttlMs, ':now': now, ':one': 1 },
      });
      return item === undefined ? err('held') : ok({ holder, token: item.token, expiresAt: item.expiresAt });
    },

    async renew(grant, now, ttlMs) {
      const item = await write({
        UpdateExpression: 'SET #expiresAt = :expiresAt',
        ConditionExpression: '#token = :token AND #holder = :holder',
        ExpressionAttributeValues: {
          ':token': grant.token,
          ':holder': grant.holder,
          ':expiresAt': now + ttlMs,
        },
      });
      return item === undefined ? err('lost') : ok({ ...grant, expiresAt: item.expiresAt });
    },

    async release(grant) {
      await write({
        UpdateExpression: 'SET #expiresAt = :past',
        ConditionExpression: '#token = :token AND #holder = :holder',
        ExpressionAttributeValues: { ':token': grant.token, ':holder': grant.holder, ':past': 0 },
      });
    },
  };
}
