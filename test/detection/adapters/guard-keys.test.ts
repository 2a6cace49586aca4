/** Keys and counters of the guard's endpoint: a fake and the table keep the same promises. */
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import { createDynamoGuardKeys } from '../../../functions/detection/adapters/dynamo-guard-keys.ts';
import {
  identify,
  makeGuardKey,
  type GuardKeyItem,
  type GuardKeys,
} from '../../../functions/detection/domain/guard-keys.ts';
import { createDynamoRequestRates, type RequestRates } from '../../../functions/platform/request-rates.ts';
import { fakeGuardKeys, fakeGuardRates } from '../support/guard-fakes.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const credentials = { accessKeyId: '000000000000', secretAccessKey: 'local' };
const aws = () => ({ endpoint: inject('endpoint'), region: 'eu-central-1', credentials });
const { key, item } = makeGuardKey(
  { name: 'ci', requestsPerMinute: 60, createdAt: '2026-11-21T09:00:00.000Z' },
  randomBytes(38),
);

async function table(...items: GuardKeyItem[]): Promise<{ documents: DynamoDBDocumentClient; name: string }> {
  const client = new DynamoDBClient(aws());
  const name = `guard-keys-${randomUUID()}`;
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    }),
  );
  const documents = DynamoDBDocumentClient.from(client);
  for (const Item of items) await documents.send(new PutCommand({ TableName: name, Item }));
  return { documents, name };
}

describe.each<[string, () => Promise<GuardKeys>]>([
  ['fake', async () => fakeGuardKeys([item])],
  [
    'DynamoDB',
    async () => {
      const { documents, name } = await table(item);
      return createDynamoGuardKeys(documents, name);
    },
  ],
])('the keys (%s)', (_name, make) => {
  it('are found by their id, and only those that are there', async () => {
    const keys = await make();
    expect(await keys.find(item.id)).toEqual(item);
    expect(await keys.find('000000000000')).toBeUndefined();
  });
});

describe.each<[string, () => Promise<RequestRates>]>([
  ['fake', async () => fakeGuardRates()],
  [
    'DynamoDB',
    async () => {
      const { documents, name } = await table();
      return createDynamoRequestRates(documents, name);
    },
  ],
])('the counters (%s)', (_name, make) => {
  it('count each key and minute by itself, also at once', async () => {
    const rates = await make();
    const counted = await Promise.all(Array.from({ length: 10 }, () => rates.count('a', 7)));
    expect(counted.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await rates.count('a', 8)).toBe(1);
    expect(await rates.count('b', 7)).toBe(1);
  });
});

it('an unreadable key is an error, not an absent one', async () => {
  const { documents, name } = await table();
  await documents.send(new PutCommand({ TableName: name, Item: { pk: item.pk, id: item.id } }));
  await expect(createDynamoGuardKeys(documents, name).find(item.id)).rejects.toThrow(/unreadable/);
});

it('`npm run guard-keys` makes a key that is let in, lists it without showing it, and takes it back', async () => {
  const { documents, name } = await table();
  const run = (...words: string[]) =>
    promisify(execFile)(
      process.execPath,
      [path.join(ROOT, 'scripts/guard-keys.ts'), ...words, '--table', name],
      {
        env: {
          ...process.env,
          AWS_ENDPOINT_URL: inject('endpoint'),
          AWS_REGION: 'eu-central-1',
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        },
      },
    );
  const made = (await run('create', 'build agents', '--requests-per-minute', '10')).stdout.trim();
  const keys = createDynamoGuardKeys(documents, name);
  const caller = await identify(`Bearer ${made}`, keys);
  expect(caller).toMatchObject({ name: 'build agents', requestsPerMinute: 10 });
  const id = caller?.keyId ?? '';
  const listed = (await run('list')).stdout;
  expect(listed).toContain(id);
  expect(listed).not.toContain(made.slice(20));
  await run('revoke', id);
  expect(await identify(`Bearer ${made}`, keys)).toBeUndefined();
  expect(
    (await documents.send(new GetCommand({ TableName: name, Key: { pk: `KEY#${id}` } }))).Item,
  ).toHaveProperty('revokedAt');
  await expect(run('revoke', '000000000000')).rejects.toMatchObject({
    stderr: expect.stringContaining('no key') as string,
  });
  expect(key).not.toBe(made);
});
