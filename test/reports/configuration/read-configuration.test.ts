import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import {
  createConfigurationReader,
  type ConfigurationClients,
  type Configured,
} from '../../../functions/reports/adapters/read-configuration.ts';
import { configurationVariables } from '../../../functions/reports/configuration.env.ts';
import { parseEnv } from '../../../functions/platform/env.ts';
import { z } from 'zod';

const NOW = Date.UTC(2026, 9, 1);
const options = { region: 'eu-central-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } };
type Answers = Readonly<Record<string, object>>;

/** AWS as its answers: an Error is thrown, what is not named is denied. */
function clientsThat(answers: Answers): ConfigurationClients {
  const answering = <C extends { middlewareStack: { add(middleware: never, options: never): void } }>(
    client: C,
  ): C => {
    const middleware =
      (_next: unknown, { commandName }: { commandName: string }) =>
      async () => {
        const answer = answers[commandName.replace('Command', '')];
        if (answer instanceof Error || answer === undefined)
          throw answer ?? Object.assign(new Error('quotes the caller'), { name: 'AccessDenied' });
        return { response: {}, output: { $metadata: {}, ...answer } };
      };
    client.middlewareStack.add(middleware as never, { step: 'initialize', priority: 'high' } as never);
    return client;
  };
  return {
    cloudFormation: answering(new CloudFormationClient(options)),
    cloudWatch: answering(new CloudWatchClient(options)),
    dynamo: answering(DynamoDBDocumentClient.from(new DynamoDBClient(options))),
    kms: answering(new KMSClient(options)),
    logs: answering(new CloudWatchLogsClient(options)),
    s3: answering(new S3Client(options)),
    secrets: answering(new SecretsManagerClient(options)),
    sqs: answering(new SQSClient(options)),
  };
}

const named = (name: string): Error => Object.assign(new Error(), { name });
const resource = (ResourceType: string, PhysicalResourceId: string, ResourceStatus = 'CREATE_COMPLETE') => ({
  ...{ ResourceType, PhysicalResourceId, ResourceStatus },
});
const ONE_OF_EACH = {
  ListStackResources: {
    StackResourceSummaries: [
      resource('AWS::S3::Bucket', 'b'),
      resource('AWS::S3::Bucket', 'gone', 'DELETE_COMPLETE'),
      resource('AWS::Lambda::Function', 'f'),
      resource('AWS::KMS::Key', 'k'),
      resource('AWS::DynamoDB::GlobalTable', 't'),
      resource('AWS::Logs::LogGroup', 'l'),
      resource('AWS::SQS::Queue', 'https://sqs.eu-central-1.amazonaws.com/1/q'),
      resource('AWS::CloudWatch::Alarm', 'a'),
    ],
  },
};
const CONFIGURED: Configured = {
  ...{ stacks: ['s'], lockedBuckets: ['b'], expiringTables: ['t'], passingTables: [], managedSecrets: ['m'] },
};
const read = (answers: Answers, configured: Configured = CONFIGURED) =>
  createConfigurationReader(clientsThat({ ...ONE_OF_EACH, ...answers }), configured, {
    now: () => NOW,
  }).read();
const valuesIn = async (answers: Answers) =>
  Object.fromEntries((await read(answers)).facts.map(({ name, value }) => [name, value]));

describe('the configuration', () => {
  test('of which nothing may be read is unread, setting by setting, with a reason that quotes nothing', async () => {
    const { facts, unread } = await read({});
    expect(facts).toEqual([]);
    expect(unread.map(({ name, subject }) => `${name} ${subject}`)).toEqual([
      'alarm.armed a',
      'bucket.encryption b',
      'bucket.public-access-blocked b',
      'bucket.tls-only b',
      'bucket.versioned b',
      'key.enabled k',
      'key.open-to-all k',
      'key.origin k',
      'key.rotates k',
      'log.lock-days b',
      'log.lock-mode b',
      'logs.retention-days l',
      'managed-secret.age-days m',
      'managed-secret.own-key m',
      'queue.encrypted q',
      'table.deletion-protected t',
      'table.expires-items t',
      'table.own-key t',
      'table.recoverable t',
    ]);
    expect(new Set(unread.map((one) => one.unread))).toEqual(new Set(['AccessDenied']));
  });

  test('that has nothing set is told as that: absent is no error', async () => {
    const values = await valuesIn({
      GetBucketEncryption: named('ServerSideEncryptionConfigurationNotFoundError'),
      GetBucketPolicy: named('NoSuchBucketPolicy'),
      GetBucketVersioning: {},
      GetObjectLockConfiguration: named('ObjectLockConfigurationNotFoundError'),
      GetPublicAccessBlock: named('NoSuchPublicAccessBlockConfiguration'),
      DescribeAlarms: {},
      DescribeTable: { Table: {} },
      DescribeContinuousBackups: {},
      DescribeTimeToLive: {},
      DescribeLogGroups: { logGroups: [{ logGroupName: 'l-other' }, { logGroupName: 'l' }] },
      GetQueueAttributes: {},
      DescribeSecret: {},
    });
    expect(values).toEqual({
      'alarm.armed': false,
      'bucket.encryption': 'none',
      'bucket.public-access-blocked': false,
      'bucket.tls-only': false,
      'bucket.versioned': false,
      'log.lock-days': 0,
      'log.lock-mode': 'none',
      'logs.retention-days': 0,
      'managed-secret.own-key': false,
      'queue.encrypted': false,
      'table.deletion-protected': false,
      'table.expires-items': false,
      'table.own-key': false,
      'table.recoverable': false,
    });
  });

  test.each([
    ['signs', { KeySpec: 'ECC_NIST_P256', Origin: 'AWS_KMS', KeyState: 'Enabled' }],
    ['was imported', { KeySpec: 'SYMMETRIC_DEFAULT', Origin: 'EXTERNAL', KeyState: 'Enabled' }],
    [
      'is about to be deleted',
      { KeySpec: 'SYMMETRIC_DEFAULT', Origin: 'AWS_KMS', KeyState: 'PendingDeletion' },
    ],
  ])('does not ask for the rotation of a key that %s', async (_, KeyMetadata) => {
    const values = await valuesIn({ DescribeKey: { KeyMetadata } });
    expect(values).toEqual({
      'key.enabled': KeyMetadata.KeyState === 'Enabled',
      'key.origin': KeyMetadata.Origin,
    });
  });

  test('takes a key of AWS for none of our own', async () => {
    const under = async (arn: string) =>
      (await valuesIn({ DescribeTable: { Table: { SSEDescription: { KMSMasterKeyArn: arn } } } }))[
        'table.own-key'
      ];
    expect(await under('arn:aws:kms:r:1:key/k')).toBe(true);
    expect(await under('arn:aws:kms:r:1:key/another')).toBe(false);
    const values = await valuesIn({ DescribeSecret: { KmsKeyId: 'alias/aws/secretsmanager' } });
    expect(values['managed-secret.own-key']).toBe(false);
  });

  test('tells the age of the version that is in use, and asks tables that keep nothing for no recovery', async () => {
    const days = (count: number) => new Date(NOW - count * 86_400_000);
    const values = await valuesIn({
      ListSecretVersionIds: {
        Versions: [
          { VersionId: '1', VersionStages: ['AWSPREVIOUS'], CreatedDate: days(200) },
          { VersionId: '2', VersionStages: ['AWSCURRENT'], CreatedDate: days(40) },
          { VersionId: '3', VersionStages: ['AWSPENDING'], CreatedDate: days(1) },
        ],
      },
    });
    expect(values['managed-secret.age-days']).toBe(40);
    const { unread } = await read({}, { ...CONFIGURED, passingTables: ['t'] });
    expect(unread.map(({ name }) => name)).not.toContain('table.recoverable');
  });

  test('is refused where not even its stacks can be listed', async () => {
    await expect(read({ ListStackResources: named('AccessDenied') })).rejects.toThrow();
  });
});

test("a function's environment names stacks, and lists that may be empty", () => {
  const environment = {
    ...{ CONFIGURED_STACKS: 'a,b', LOCKED_BUCKETS: 'c', EXPIRING_TABLES: '', PASSING_TABLES: '' },
    MANAGED_SECRETS: '',
  };
  const schema = z.object(configurationVariables);
  expect(parseEnv(schema, environment)).toMatchObject({ CONFIGURED_STACKS: ['a', 'b'], MANAGED_SECRETS: [] });
  expect(() => parseEnv(schema, { ...environment, CONFIGURED_STACKS: '' })).toThrow(/CONFIGURED_STACKS/);
});
