import { QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { QUARANTINE_INDEXES, quarantineStatus } from '../../contracts/quarantine.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Probe } from '../domain/check-health.ts';
import type { DatabaseState } from '../domain/judge.ts';

/**
 * Pages of the index that are read at most. DynamoDB reads up to 1 MiB for each, about 1,000 findings of 1 KiB, and
 * bills it: a backlog of any size must not cost more each minute.
 */
const MAX_PAGES = 10;

/** Counts what waits for a review and has not expired, which also shows that the quarantine can be read. */
export function createDynamoPendingFindings(
  client: DynamoDBDocumentClient,
  tableName: string,
  clock: Clock,
  maxPages = MAX_PAGES,
): Probe<DatabaseState> {
  const { name, partitionKey } = QUARANTINE_INDEXES.byStatus;
  return async (abortSignal) => {
    let pending = 0;
    let from: Record<string, unknown> | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      const { Count = 0, LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: tableName,
          IndexName: name,
          Select: 'COUNT',
          KeyConditionExpression: '#status = :pending',
          FilterExpression: 'attribute_not_exists(expiresAt) OR expiresAt > :now',
          ExpressionAttributeNames: { '#status': partitionKey },
          ExpressionAttributeValues: {
            ':pending': quarantineStatus.enum.pending,
            ':now': Math.floor(clock.now() / 1000),
          },
          ExclusiveStartKey: from,
        }),
        { abortSignal },
      );
      pending += Count;
      from = LastEvaluatedKey;
      if (!from) return { pending, orMore: false };
    }
    return { pending, orMore: true };
  };
}
