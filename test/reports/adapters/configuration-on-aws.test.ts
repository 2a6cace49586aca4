import {
  CloudFormationClient,
  CreateStackCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DynamoDBClient,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  KMSClient,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms';
import {
  CreateBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { randomUUID } from 'node:crypto';
import { afterAll, expect, inject, test } from 'vitest';
import { createConfigurationReader } from '../../../functions/reports/adapters/read-configuration.ts';
import { listDeployed } from '../../../functions/reports/adapters/stack-resources.ts';
import type { FactName } from '../../../functions/reports/domain/facts.ts';
import { awsOptions } from '../../support/emulator-client.ts';

const DAY_MS = 86_400_000;
const options = awsOptions(inject('endpoint'));
const plain = new DynamoDBClient(options);
const clients = {
  cloudFormation: new CloudFormationClient(options),
  cloudWatch: new CloudWatchClient(options),
  dynamo: DynamoDBDocumentClient.from(plain),
  kms: new KMSClient(options),
  logs: new CloudWatchLogsClient(options),
  s3: new S3Client({ ...options, forcePathStyle: true }),
  secrets: new SecretsManagerClient(options),
  sqs: new SQSClient(options),
};
afterAll(() => {
  for (const client of [plain, ...Object.values(clients)]) client.destroy();
});

/** One thing of each kind, as CloudFormation makes it when a template says nothing of its settings. */
async function deploy(): Promise<string> {
  const StackName = `configuration-${randomUUID()}`;
  const name = (kind: string) => `${kind}-${StackName}`;
  const Resources = {
    Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: name('b') } },
    Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Version: '2012-10-17', Statement: [] } } },
    Table: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        TableName: name('t'),
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      },
    },
    Lines: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: name('l') } },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: name('q') } },
    Alarm: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: name('a'),
        ...{ ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1, Threshold: 1 },
        ...{ Namespace: 'n', MetricName: 'm', Period: 60, Statistic: 'Sum' },
      },
    },
  };
  await clients.cloudFormation.send(
    new CreateStackCommand({ StackName, TemplateBody: JSON.stringify({ Resources }) }),
  );
  await waitUntilStackCreateComplete(
    { client: clients.cloudFormation, maxWaitTime: 60, minDelay: 1, maxDelay: 2 },
    { StackName },
  );
  return StackName;
}

const policyOf = (Bucket: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        ...{ Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:*' },
        Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  });

test('settings are told as they are, before and after somebody sets them', async () => {
  const stack = await deploy();
  const deployed = await listDeployed(clients.cloudFormation, [stack]);
  const [
    [Bucket = ''],
    [KeyId = ''],
    [TableName = ''],
    [logGroupName = ''],
    [QueueUrl = ''],
    [AlarmName = ''],
  ] = [
    ...[
      deployed.buckets,
      deployed.keys,
      deployed.tables,
      deployed.logGroups,
      deployed.queues,
      deployed.alarms,
    ],
  ] as [string[], string[], string[], string[], string[], string[]];
  const locked = `locked-${randomUUID()}`;
  await clients.s3.send(new CreateBucketCommand({ Bucket: locked, ObjectLockEnabledForBucket: true }));
  const secret = `managed-${randomUUID()}`;
  await clients.secrets.send(new CreateSecretCommand({ Name: secret, SecretString: 'x', KmsKeyId: KeyId }));
  const reader = createConfigurationReader(
    clients,
    {
      stacks: [stack],
      lockedBuckets: [locked],
      expiringTables: [TableName],
      passingTables: [],
      managedSecrets: [secret],
    },
    { now: () => Date.now() + 100 * DAY_MS },
  );
  const told = async () => {
    const { facts, unread } = await reader.read();
    expect(unread).toEqual([]);
    return Object.fromEntries(facts.map(({ name, value }) => [name, value])) as Record<FactName, unknown>;
  };
  expect(await told()).toMatchObject({
    'log.lock-mode': 'none',
    'log.lock-days': 0,
    'bucket.versioned': true,
    'bucket.public-access-blocked': false,
    'bucket.tls-only': false,
    'key.enabled': true,
    'key.rotates': false,
    'key.origin': 'AWS_KMS',
    'key.open-to-all': false,
    'table.own-key': false,
    'table.recoverable': false,
    'table.deletion-protected': false,
    'table.expires-items': false,
    'logs.retention-days': 0,
    'managed-secret.age-days': 100,
    'managed-secret.own-key': true,
    'alarm.armed': false,
  });

  const { KeyMetadata } = await clients.kms.send(new DescribeKeyCommand({ KeyId }));
  await Promise.all([
    clients.s3.send(
      new PutObjectLockConfigurationCommand({
        Bucket: locked,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Years: 7 } },
        },
      }),
    ),
    clients.s3.send(
      new PutBucketEncryptionCommand({
        Bucket,
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
        },
      }),
    ),
    clients.s3.send(
      new PutPublicAccessBlockCommand({
        Bucket,
        PublicAccessBlockConfiguration: {
          ...{ BlockPublicAcls: true, BlockPublicPolicy: true },
          ...{ IgnorePublicAcls: true, RestrictPublicBuckets: true },
        },
      }),
    ),
    clients.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policyOf(Bucket) })),
    clients.kms.send(new EnableKeyRotationCommand({ KeyId })),
    clients.kms.send(
      new PutKeyPolicyCommand({
        KeyId,
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' }],
        }),
      }),
    ),
    clients.logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 30 })),
    clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { KmsMasterKeyId: KeyId } })),
    clients.cloudWatch.send(
      new PutMetricAlarmCommand({
        AlarmName,
        ...{ ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1, Threshold: 1 },
        ...{ Namespace: 'n', MetricName: 'm', Period: 60, Statistic: 'Sum' },
        ActionsEnabled: true,
        AlarmActions: ['arn:aws:sns:us-east-1:000000000000:topic'],
      }),
    ),
    (async () => {
      await plain.send(
        new UpdateTableCommand({
          TableName,
          DeletionProtectionEnabled: true,
          SSESpecification: { Enabled: true, SSEType: 'KMS', KMSMasterKeyId: KeyMetadata?.Arn },
        }),
      );
      await plain.send(
        new UpdateContinuousBackupsCommand({
          TableName,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        }),
      );
      await plain.send(
        new UpdateTimeToLiveCommand({
          TableName,
          TimeToLiveSpecification: { Enabled: true, AttributeName: 'expiresAt' },
        }),
      );
    })(),
  ]);
  expect(await told()).toMatchObject({
    'log.lock-mode': 'COMPLIANCE',
    'log.lock-days': 2555,
    'bucket.encryption': 'aws:kms',
    'bucket.public-access-blocked': true,
    'bucket.tls-only': true,
    'key.rotates': true,
    'key.open-to-all': true,
    'table.own-key': true,
    'table.recoverable': true,
    'table.deletion-protected': true,
    'table.expires-items': true,
    'logs.retention-days': 30,
    'queue.encrypted': true,
    'alarm.armed': true,
  });
});

test('what is not there, or not to be read, is unread by its reason', async () => {
  const stack = await deploy();
  const { buckets } = await listDeployed(clients.cloudFormation, [stack]);
  expect(buckets).toHaveLength(1);
  const reader = createConfigurationReader(
    clients,
    {
      ...{ stacks: [stack], lockedBuckets: ['gone-with-the-wind'], expiringTables: [], passingTables: [] },
      managedSecrets: ['no-such-secret'],
    },
    { now: () => 0 },
  );
  const { unread } = await reader.read();
  expect(unread.map(({ name, subject }) => `${name} ${subject}`)).toEqual([
    'bucket.versioned gone-with-the-wind',
    'log.lock-days gone-with-the-wind',
    'log.lock-mode gone-with-the-wind',
    'managed-secret.age-days no-such-secret',
    'managed-secret.own-key no-such-secret',
  ]);
  for (const { unread: why } of unread) expect(why).toMatch(/^(NoSuchBucket|ResourceNotFoundException)$/);
});

test('a stack that is not there is no configuration at all', async () => {
  await expect(listDeployed(clients.cloudFormation, ['no-such-stack'])).rejects.toThrow();
});
