/** A fake and the adapter that it stands for keep the same promises. */
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import type { QuarantineItem } from '../../../functions/contracts/quarantine.ts';
import { toQuarantineItem } from '../../../functions/contracts/quarantine.ts';
import { createDynamoQuarantine } from '../../../functions/detection/adapters/dynamo-quarantine.ts';
import { createKmsFingerprinter, fingerprintMessage } from '../../../functions/platform/kms-fingerprinter.ts';
import { createSqsRejects } from '../../../functions/detection/adapters/sqs-rejects.ts';
import type { Fingerprinter, Quarantine, Rejects } from '../../../functions/detection/domain/ports.ts';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import { CORE, NOW } from '../support/batches.ts';
import { fakeFingerprinter, fakeQuarantine, fakeRejects } from '../support/fakes.ts';

const aws = () => ({
  endpoint: inject('endpoint'),
  region: 'eu-central-1',
  credentials: { accessKeyId: '000000000000', secretAccessKey: 'local' },
});

const item = (agent: string): QuarantineItem =>
  toQuarantineItem(
    {
      findingId: `fnd_${'0'.repeat(32)}`,
      detectedAt: new Date(NOW).toISOString(),
      core: CORE,
      fork: 0,
      position: 1,
      offset: 0,
      length: 20,
      correlationId: 'c.0.1',
      agent,
      rule: 'R',
      secretType: 'r',
      provider: 'p',
      severity: 'HIGH',
      confidence: 0.9,
      redactedKey: '****',
      redactedContent: 'text',
      fingerprint: 'f'.repeat(64),
    },
    30,
  );

interface Stored<T> {
  readonly port: T;
  readonly read: () => Promise<unknown>;
}

describe.each<[string, () => Promise<Stored<Quarantine>>]>([
  [
    'fake',
    async () => {
      const port = fakeQuarantine();
      return { port, read: async () => [...port.items.values()][0] };
    },
  ],
  [
    'DynamoDB',
    async () => {
      const client = new DynamoDBClient(aws());
      const TableName = `quarantine-${randomUUID()}`;
      await client.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        }),
      );
      const documents = DynamoDBDocumentClient.from(client, {
        marshallOptions: { removeUndefinedValues: true },
      });
      return {
        port: createDynamoQuarantine(documents, TableName),
        read: async () =>
          (await documents.send(new GetCommand({ TableName, Key: { pk: item('').pk } }))).Item,
      };
    },
  ],
])('the quarantine (%s)', (_name, make) => {
  it('stores a finding once and leaves the first as it is', async () => {
    const { port, read } = await make();
    expect(await port.put(item('first'))).toBe('stored');
    expect(await port.put(item('second'))).toBe('duplicate');
    expect(await read()).toEqual(item('first'));
  });
});

describe.each<[string, () => Promise<Fingerprinter>]>([
  ['fake', async () => fakeFingerprinter()],
  [
    'KMS',
    async () => {
      const kms = new KMSClient(aws());
      const key = await kms.send(
        new CreateKeyCommand({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
      );
      return createKmsFingerprinter(kms, key.KeyMetadata?.KeyId ?? '');
    },
  ],
])('the fingerprinter (%s)', (_name, make) => {
  it('gives 64 hex digits each, in order, the same for the same secret', async () => {
    const fingerprinter = await make();
    const secrets = ['one', 'two', 'x'.repeat(9000), 'one'].map((text) => new Redacted(text));
    const [one, two, long, again] = await fingerprinter.fingerprint(secrets);
    for (const each of [one, two, long]) expect(each).toMatch(/^[0-9a-f]{64}$/);
    expect(again).toBe(one);
    expect(new Set([one, two, long]).size).toBe(3);
  });
});

it('what KMS signs fits its limit and names its purpose', () => {
  expect(Buffer.from(fingerprintMessage('short')).toString()).toBe('shhh/fingerprint/v1\nshort');
  expect(fingerprintMessage('x'.repeat(9000)).length).toBeLessThan(4096);
});

describe.each<[string, () => Promise<Stored<Rejects>>]>([
  [
    'fake',
    async () => {
      const port = fakeRejects();
      return { port, read: async () => port.messages[0] };
    },
  ],
  [
    'SQS',
    async () => {
      const sqs = new SQSClient(aws());
      const { QueueUrl = '' } = await sqs.send(
        new CreateQueueCommand({ QueueName: `rejects-${randomUUID()}` }),
      );
      return {
        port: createSqsRejects(sqs, QueueUrl),
        read: async () => {
          const { Messages = [] } = await sqs.send(
            new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'], WaitTimeSeconds: 1 }),
          );
          return { body: Messages[0]?.Body, reason: Messages[0]?.MessageAttributes?.['reason']?.StringValue };
        },
      };
    },
  ],
])('the rejects (%s)', (_name, make) => {
  it('keep a message with its reason', async () => {
    const { port, read } = await make();
    await port.put('{"broken', 'the body is no JSON');
    expect(await read()).toEqual({ body: '{"broken', reason: 'the body is no JSON' });
  });
});
