import { CreateTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { createDynamoOnce } from '../../../functions/alerts/adapters/dynamo-once.ts';
import { awsOptions } from '../../support/emulator-client.ts';
import { aLambdaContext } from '../../support/lambda-context.ts';
import { onceContract } from '../../support/once-contract.ts';

const client = new DynamoDBClient(awsOptions(inject('endpoint')));

async function createTable(): Promise<string> {
  const TableName = `sent-${randomUUID()}`;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    }),
  );
  return TableName;
}

const onceIn = (tableName: string, longestRunMs = 15_000, remainingMs = 300_000) =>
  createDynamoOnce({ client, tableName, longestRunMs })(aLambdaContext(remainingMs));

afterAll(() => client.destroy());

onceContract(async () => onceIn(await createTable()));

describe('the memory in a table', () => {
  test('is shared between invocations and functions', async () => {
    const table = await createTable();
    await onceIn(table).run('sns#a', async () => undefined);
    expect(await onceIn(table).run('sns#a', async () => undefined)).toBe('done_before');
  });

  test('holds a hash, a state and times, and nothing that was said', async () => {
    const table = await createTable();
    await onceIn(table).run('sns#fnd_readable', async () => undefined);
    const { Items = [] } = await client.send(new ScanCommand({ TableName: table }));
    expect(Items).toHaveLength(1);
    expect(Object.keys(Items[0] ?? {}).sort()).toEqual([
      'expiration',
      'id',
      'in_progress_expiration',
      'status',
    ]);
    expect(JSON.stringify(Items)).not.toContain('fnd_readable');
    expect(Items[0]?.['status']).toEqual({ S: 'COMPLETED' });
    const days = (Number(Items[0]?.['expiration']?.N) - Date.now() / 1000) / 86_400;
    expect(days).toBeCloseTo(30, 1);
  });

  test('frees what a function held that died, by the function’s longest run and not by what Lambda says', async () => {
    const table = await createTable();
    const died = onceIn(table, 150).run('sns#a', () => new Promise(() => undefined));
    died.catch(() => undefined);
    await sleep(50);
    expect(await onceIn(table).run('sns#a', async () => undefined)).toBe('held');
    await sleep(200);
    expect(await onceIn(table).run('sns#a', async () => undefined)).toBe('done');
  });

  test('fails rather than send blindly when the table cannot be reached', async () => {
    let sent = false;
    const run = onceIn('no-such-table').run('sns#a', async () => {
      sent = true;
    });
    await expect(run).rejects.toThrow('Failed to save in progress record');
    expect(sent).toBe(false);
  });
});
