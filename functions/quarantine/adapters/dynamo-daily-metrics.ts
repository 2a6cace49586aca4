import { QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dailyKey } from '../../contracts/daily-metrics.ts';
import { summarize, type DailyMetrics } from '../domain/daily-metrics.ts';

const REQUEST_DEADLINE_MS = 4_000;

/**
 * Reads the counters of one UTC day.
 * @param day `2026-11-21`; a day of which nothing is known is all zeros
 */
export async function readDailyMetrics(
  client: Pick<DynamoDBDocumentClient, 'send'>,
  metricsTable: string,
  day: string,
): Promise<DailyMetrics> {
  const items: unknown[] = [];
  let from: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: metricsTable,
        KeyConditionExpression: 'pk = :day',
        ExpressionAttributeValues: { ':day': dailyKey.day(day) },
        ConsistentRead: true,
        ExclusiveStartKey: from,
      }),
      { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
    );
    items.push(...(page.Items ?? []));
    from = page.LastEvaluatedKey;
  } while (from);
  return summarize(day, items);
}
