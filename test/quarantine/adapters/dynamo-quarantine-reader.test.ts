import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { createDynamoQuarantineReader } from '../../../functions/quarantine/adapters/dynamo-quarantine-reader.ts';
import { awsOptions } from '../../support/emulator-client.ts';
import { anItem } from '../../support/finding-builder.ts';
import { createQuarantineTable } from '../../support/quarantine-tables.ts';
import { quarantineReaderContract } from '../../support/quarantine-reader-contract.ts';

const plain = new DynamoDBClient(awsOptions(inject('endpoint')));
const client = DynamoDBDocumentClient.from(plain);

const createTable = () => createQuarantineTable(plain);

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
    await client.send(new PutCommand({ TableName: tableName, Item: { ...item, newer: 'x' } }));
    expect(await reader.get(item.pk)).toEqual(item);
  });
});
