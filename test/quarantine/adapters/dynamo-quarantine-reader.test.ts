import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { QUARANTINE_INDEXES } from '../../../functions/contracts/quarantine.ts';
import { createDynamoQuarantineReader } from '../../../functions/quarantine/adapters/dynamo-quarantine-reader.ts';
import { awsOptions } from '../../support/emulator-client.ts';
import { anItem } from '../../support/finding-builder.ts';
import { quarantineReaderContract } from '../../support/quarantine-reader-contract.ts';

const plain = new DynamoDBClient(awsOptions(inject('endpoint')));
const client = DynamoDBDocumentClient.from(plain);

async function createTable(): Promise<string> {
  const TableName = `quarantine-${randomUUID()}`;
  const indexes = Object.values(QUARANTINE_INDEXES);
  await plain.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: ['pk', 'detectedAt', ...indexes.map(({ partitionKey }) => partitionKey)].map(
        (AttributeName) => ({ AttributeName, AttributeType: 'S' as const }),
      ),
      GlobalSecondaryIndexes: indexes.map(({ name, partitionKey }) => ({
        IndexName: name,
        KeySchema: [
          { AttributeName: partitionKey, KeyType: 'HASH' as const },
          { AttributeName: 'detectedAt', KeyType: 'RANGE' as const },
        ],
        Projection: { ProjectionType: 'ALL' as const },
      })),
    }),
  );
  return TableName;
}

afterAll(() => plain.destroy());

quarantineReaderContract(async (clock) => {
  const tableName = await createTable();
  return {
    reader: createDynamoQuarantineReader({ client, tableName, clock }),
    put: async (item) => {
      await client.send(new PutCommand({ TableName: tableName, Item: item }));
    },
  };
});

describe('an item that does not hold the contract', () => {
  test('is named on its page and does not hide the others; asked for by id it is no absence', async () => {
    const tableName = await createTable();
    const reader = createDynamoQuarantineReader({ client, tableName, clock: { now: () => 0 } });
    const broken = { ...anItem({ position: 1 }), severity: 'WORSE' };
    for (const Item of [broken, anItem({ position: 2 })]) {
      await client.send(new PutCommand({ TableName: tableName, Item }));
    }
    const page = await reader.query(
      { select: { by: 'status', value: 'pending' }, order: 'newest_first' },
      { limit: 10 },
    );
    expect(page).toMatchObject({ ok: true, value: { items: [{ position: 2 }], unreadable: [broken.pk] } });
    await expect(reader.get(broken.pk)).rejects.toThrow(
      `${broken.pk} is unreadable (severity: invalid_value)`,
    );
  });

  test('may have attributes of a newer writer', async () => {
    const tableName = await createTable();
    const reader = createDynamoQuarantineReader({ client, tableName, clock: { now: () => 0 } });
    const item = anItem();
    await client.send(new PutCommand({ TableName: tableName, Item: { ...item, caseId: 'case-1' } }));
    expect(await reader.get(item.pk)).toEqual(item);
  });
});
