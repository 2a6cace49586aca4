import { GetCommand, QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { QUARANTINE_INDEXES, quarantineItem, type QuarantineItem } from '../../contracts/quarantine.ts';
import type { Clock } from '../../kernel/clock.ts';
import { ok } from '../../kernel/result.ts';
import { describeProblems } from '../../platform/problems.ts';
import { cursorOf, planRead, type QuarantineReader } from '../domain/query-quarantine.ts';

// Tolerates attributes of a newer writer, like every reader of the table.
const storedItem = z.object(quarantineItem.shape);
const storedKey = z.object({ pk: z.string(), detectedAt: z.string() });

const INDEX_OF = {
  status: QUARANTINE_INDEXES.byStatus,
  secretType: QUARANTINE_INDEXES.bySecretType,
  agent: QUARANTINE_INDEXES.byAgent,
  fingerprint: QUARANTINE_INDEXES.byFingerprint,
  severity: QUARANTINE_INDEXES.bySeverity,
} as const;

export interface DynamoQuarantineReaderOptions {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly clock: Clock;
}

/** Reads findings from the quarantine's table by its indexes; a finding may take a moment to show in them. */
export function createDynamoQuarantineReader(options: DynamoQuarantineReaderOptions): QuarantineReader {
  const { client, tableName, clock } = options;
  const nowSeconds = () => Math.floor(clock.now() / 1000);

  return {
    async query(query, page) {
      const planned = planRead(query, page);
      if (!planned.ok) return planned;
      const { limit, lower, upper, after } = planned.value;
      const index = INDEX_OF[query.select.by];
      // Bounds that exclude each other are a question with no answer; DynamoDB would call them an error.
      if (lower > upper) return ok({ items: [], unreadable: [] });
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: tableName,
          IndexName: index.name,
          KeyConditionExpression: '#by = :value AND detectedAt BETWEEN :lower AND :upper',
          // What is held has no expiry.
          FilterExpression: 'attribute_not_exists(expiresAt) OR expiresAt > :now',
          ExpressionAttributeNames: { '#by': index.partitionKey },
          ExpressionAttributeValues: {
            ':value': query.select.value,
            ':lower': lower,
            ':upper': upper,
            ':now': nowSeconds(),
          },
          ScanIndexForward: query.order === 'oldest_first',
          Limit: limit,
          ExclusiveStartKey: after && { ...after, [index.partitionKey]: query.select.value },
        }),
      );
      const items: QuarantineItem[] = [];
      const unreadable: string[] = [];
      for (const stored of Items) {
        const item = storedItem.safeParse(stored);
        if (item.success) items.push(item.data);
        else unreadable.push(z.object({ pk: z.string() }).parse(stored).pk);
      }
      if (!LastEvaluatedKey) return ok({ items, unreadable });
      return ok({ items, unreadable, next: cursorOf(query, storedKey.parse(LastEvaluatedKey)) });
    },

    async get(findingId) {
      const { Item } = await client.send(new GetCommand({ TableName: tableName, Key: { pk: findingId } }));
      if (!Item) return undefined;
      const item = storedItem.safeParse(Item);
      if (!item.success) {
        throw new Error(
          `The quarantine's item ${findingId} is unreadable (${describeProblems(item.error)}).`,
        );
      }
      const { expiresAt } = item.data;
      return expiresAt === undefined || expiresAt > nowSeconds() ? item.data : undefined;
    },
  };
}
