import { GetCommand, paginateQuery, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { ingestKey, leaseItem, peerItem, statusItem } from '../../contracts/ingest-state.ts';
import type { Probe } from '../domain/check-health.ts';
import type { LogState } from '../domain/judge.ts';

/** Reads ingest's table: which logs are registered, what the shipper last said of each, and who holds the lease. */
export function createDynamoLogState(client: DynamoDBDocumentClient, tableName: string): Probe<LogState> {
  async function readAll<T>(pk: string, schema: z.ZodType<T>, abortSignal: AbortSignal): Promise<T[]> {
    const items: T[] = [];
    const pages = paginateQuery(
      { client },
      {
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
      },
      { abortSignal },
    );
    for await (const { Items = [] } of pages) items.push(...z.array(schema).parse(Items));
    return items;
  }

  return async (signal) => {
    const [peers, statuses, { Item }] = await Promise.all([
      readAll('PEER', peerItem, signal),
      readAll('STATUS', statusItem, signal),
      client.send(new GetCommand({ TableName: tableName, Key: ingestKey.lease() }), { abortSignal: signal }),
    ]);
    return {
      peers,
      statuses,
      ...(Item ? { leaseExpiresAt: leaseItem.parse(Item).expiresAt } : {}),
    };
  };
}
