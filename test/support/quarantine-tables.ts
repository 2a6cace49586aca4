import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { randomUUID } from 'node:crypto';
import { QUARANTINE_INDEXES } from '../../functions/contracts/quarantine.ts';
import { CASE_INDEXES } from '../../functions/contracts/review.ts';

type Indexes = Readonly<Record<string, { readonly name: string; readonly partitionKey: string }>>;

/** Creates a table like the stack's. @returns its name */
async function create(
  client: DynamoDBClient,
  purpose: string,
  keys: readonly [string, string?],
  indexes: Indexes = {},
  sortedBy = 'pk',
): Promise<string> {
  const TableName = `${purpose}-${randomUUID()}`;
  const all = Object.values(indexes);
  const attributes = new Set([
    ...keys.filter((key) => key !== undefined),
    ...all.map((one) => one.partitionKey),
  ]);
  if (all.length > 0) attributes.add(sortedBy);
  const [hash, range] = keys;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: hash, KeyType: 'HASH' },
        ...(range === undefined ? [] : [{ AttributeName: range, KeyType: 'RANGE' as const }]),
      ],
      AttributeDefinitions: [...attributes].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      ...(all.length > 0 && {
        GlobalSecondaryIndexes: all.map(({ name, partitionKey }) => ({
          IndexName: name,
          KeySchema: [
            { AttributeName: partitionKey, KeyType: 'HASH' as const },
            { AttributeName: sortedBy, KeyType: 'RANGE' as const },
          ],
          Projection: { ProjectionType: 'ALL' as const },
        })),
      }),
    }),
  );
  return TableName;
}

export const createQuarantineTable = (client: DynamoDBClient) =>
  create(client, 'quarantine', ['pk'], QUARANTINE_INDEXES, 'detectedAt');
export const createCaseTable = (client: DynamoDBClient) =>
  create(client, 'cases', ['pk'], CASE_INDEXES, 'openedAt');
export const createMetricsTable = (client: DynamoDBClient) => create(client, 'metrics', ['pk', 'sk']);
