import { CreateTableCommand, DynamoDBClient, type GlobalSecondaryIndex } from '@aws-sdk/client-dynamodb';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { createDynamoLogState } from '../../../functions/health/adapters/dynamo-log-state.ts';
import { createDynamoPendingFindings } from '../../../functions/health/adapters/dynamo-pending-findings.ts';
import { createSnsAlertChannelState } from '../../../functions/health/adapters/sns-alert-channel-state.ts';
import { createSqsQueueState } from '../../../functions/health/adapters/sqs-queue-state.ts';
import { awsOptions } from '../../support/emulator-client.ts';
import { anItem } from '../../support/finding-builder.ts';
import { aFollowedLog, NOW } from '../../support/health-probes.ts';

const options = { ...awsOptions(inject('endpoint')), maxAttempts: 1 };
const plain = new DynamoDBClient(options);
const dynamo = DynamoDBDocumentClient.from(plain);
const sqs = new SQSClient(options);
const sns = new SNSClient(options);
const signal = () => AbortSignal.timeout(10_000);

async function createTable(keys: readonly [string, string?], index?: GlobalSecondaryIndex): Promise<string> {
  const TableName = `health-${randomUUID()}`;
  const schema = keys.flatMap((key, i) =>
    key === undefined
      ? []
      : [{ AttributeName: key, KeyType: i === 0 ? ('HASH' as const) : ('RANGE' as const) }],
  );
  const names = [...schema, ...(index?.KeySchema ?? [])].map(({ AttributeName }) => AttributeName);
  await plain.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: schema,
      AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
      ...(index ? { GlobalSecondaryIndexes: [index] } : {}),
    }),
  );
  return TableName;
}

const put = (TableName: string, Item: object) =>
  dynamo.send(new PutCommand({ TableName, Item: { ...Item } }));

afterAll(() => {
  for (const client of [plain, sqs, sns]) client.destroy();
});

describe('the state of the logs', () => {
  test('is read from the peers, the statuses and the lease', async () => {
    const table = await createTable(['pk', 'sk']);
    const log = aFollowedLog();
    for (const item of [...log.peers, ...log.statuses]) await put(table, item);
    const probe = createDynamoLogState(dynamo, table);
    expect(await probe(signal())).toEqual(log);
    await put(table, { pk: 'LEASE', sk: 'shipper', holder: 'run-1', token: 4, expiresAt: NOW });
    expect(await probe(signal())).toEqual({ ...log, leaseExpiresAt: NOW });
  });

  test('is an error where the table is missing, not an absence of logs', async () => {
    await expect(createDynamoLogState(dynamo, 'no-such-table')(signal())).rejects.toThrow();
  });
});

describe('what waits for a review', () => {
  const byStatus: GlobalSecondaryIndex = {
    IndexName: 'byStatus',
    KeySchema: [
      { AttributeName: 'status', KeyType: 'HASH' },
      { AttributeName: 'detectedAt', KeyType: 'RANGE' },
    ],
    Projection: { ProjectionType: 'ALL' },
  };
  const at = { now: () => NOW };

  test('is counted without what was reviewed and what has expired', async () => {
    const table = await createTable(['pk'], byStatus);
    const probe = createDynamoPendingFindings(dynamo, table, at);
    expect(await probe(signal())).toEqual({ pending: 0, orMore: false });
    for (const position of [1, 2, 3]) await put(table, anItem({ position }));
    await put(table, anItem({ position: 4, status: 'confirmed', reviewed: true }));
    await put(table, anItem({ position: 5, expiresAt: NOW / 1000 }));
    expect(await probe(signal())).toEqual({ pending: 3, orMore: false });
  });

  test('is counted over pages, and says where it stopped', async () => {
    const table = await createTable(['pk'], byStatus);
    // 1 MiB is a page: 24 items of 100 KB are three.
    for (let position = 0; position < 24; position += 1) {
      await put(table, anItem({ position, redactedContent: 'x'.repeat(100_000) }));
    }
    expect(await createDynamoPendingFindings(dynamo, table, at)(signal())).toEqual({
      pending: 24,
      orMore: false,
    });
    const first = await createDynamoPendingFindings(dynamo, table, at, 1)(signal());
    expect(first.orMore).toBe(true);
    expect(first.pending).toBeLessThan(24);
  });
});

describe('the state of the queue', () => {
  test('is counted in the queue and in its dead-letter queue', async () => {
    const create = async () => {
      const { QueueUrl = '' } = await sqs.send(
        new CreateQueueCommand({ QueueName: `health-${randomUUID()}` }),
      );
      return QueueUrl;
    };
    const [queueUrl, deadLetterUrl] = [await create(), await create()];
    const probe = createSqsQueueState(sqs, { queueUrl, deadLetterUrl });
    expect(await probe(signal())).toEqual({ waiting: 0, inFlight: 0, dead: 0 });
    for (const QueueUrl of [queueUrl, queueUrl, deadLetterUrl]) {
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    }
    expect(await probe(signal())).toEqual({ waiting: 2, inFlight: 0, dead: 1 });
  });

  test('is an error where there is no such queue', async () => {
    const missing = `${inject('endpoint')}/000000000000/missing`;
    const probe = createSqsQueueState(sqs, { queueUrl: missing, deadLetterUrl: missing });
    await expect(probe(signal())).rejects.toThrow();
  });
});

describe('the state of the alert channel', () => {
  test('counts who listens', async () => {
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: `health-${randomUUID()}` }));
    const probe = createSnsAlertChannelState(sns, TopicArn);
    expect(await probe(signal())).toEqual({ confirmed: 0, unconfirmed: 0 });
    await sns.send(
      new SubscribeCommand({
        TopicArn,
        Protocol: 'sqs',
        Endpoint: 'arn:aws:sqs:us-east-1:000000000000:somewhere',
      }),
    );
    expect(await probe(signal())).toEqual({ confirmed: 1, unconfirmed: 0 });
  });

  test('is an error where there is no such topic', async () => {
    const probe = createSnsAlertChannelState(sns, 'arn:aws:sns:us-east-1:000000000000:nobody');
    await expect(probe(signal())).rejects.toThrow();
  });
});

describe('a service that does not answer', () => {
  test('is left when the signal says so', async () => {
    const aborted = AbortSignal.abort();
    await expect(createDynamoLogState(dynamo, 'any')(aborted)).rejects.toThrow(/abort/i);
    await expect(
      createSqsQueueState(sqs, { queueUrl: 'http://127.0.0.1:9/q', deadLetterUrl: 'http://127.0.0.1:9/q' })(
        aborted,
      ),
    ).rejects.toThrow(/abort/i);
  });
});
