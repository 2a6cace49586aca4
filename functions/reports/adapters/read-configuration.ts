/** Reads settings of what is deployed. What cannot be read is told as that, setting by setting: it is never taken for well. */
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DescribeAlarmsCommand, type CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DescribeLogGroupsCommand, type CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  type KMSClient,
} from '@aws-sdk/client-kms';
import {
  GetBucketEncryptionCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  DescribeSecretCommand,
  ListSecretVersionIdsCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Clock } from '../../kernel/clock.ts';
import type { Configuration, Fact, FactName } from '../domain/facts.ts';
import { isOpenToAll, wantsTls } from '../domain/resource-policy.ts';
import { listDeployed } from './stack-resources.ts';

export interface ConfigurationClients {
  readonly cloudFormation: CloudFormationClient;
  readonly cloudWatch: Pick<CloudWatchClient, 'send'>;
  readonly dynamo: Pick<DynamoDBDocumentClient, 'send'>;
  readonly kms: Pick<KMSClient, 'send'>;
  readonly logs: Pick<CloudWatchLogsClient, 'send'>;
  readonly s3: Pick<S3Client, 'send'>;
  readonly secrets: Pick<SecretsManagerClient, 'send'>;
  readonly sqs: Pick<SQSClient, 'send'>;
}

/** As functions/reports/configuration.env.ts names it. */
export interface Configured {
  readonly stacks: readonly string[];
  readonly lockedBuckets: readonly string[];
  readonly expiringTables: readonly string[];
  readonly passingTables: readonly string[];
  readonly managedSecrets: readonly string[];
}

type Values = Partial<Record<FactName, Fact['value']>>;

/** One request, and the settings that its answer tells; an absent one is none that this thing has. */
interface Question {
  readonly subject: string;
  readonly names: readonly FactName[];
  readonly ask: () => Promise<Values>;
}

/** Requests at once. */
const WIDTH = 8;
const DAY_MS = 86_400_000;
const DAYS_OF_A_YEAR = 365;

/**
 * @returns what is read anew each time
 * @throws (on reading) where not even the list of what is deployed can be had
 */
export function createConfigurationReader(
  clients: ConfigurationClients,
  configured: Configured,
  clock: Clock,
): { read(): Promise<Configuration> } {
  return {
    async read() {
      const deployed = await listDeployed(clients.cloudFormation, configured.stacks);
      const questions = [
        ...deployed.buckets.flatMap((name) => aboutBucket(clients.s3, name)),
        ...configured.lockedBuckets.flatMap((name) => aboutLock(clients.s3, name)),
        ...deployed.keys.flatMap((id) => aboutKey(clients.kms, id)),
        ...deployed.tables.flatMap((name) => aboutTable(clients.dynamo, name, deployed.keys, configured)),
        ...deployed.logGroups.map((name) => aboutLogGroup(clients.logs, name)),
        ...deployed.queues.map((url) => aboutQueue(clients.sqs, url)),
        ...deployed.alarms.map((name) => aboutAlarm(clients.cloudWatch, name)),
        ...configured.managedSecrets.flatMap((name) => aboutSecret(clients.secrets, name, clock)),
      ];
      return inOrder(await answerAll(questions));
    },
  };
}

/** By name and subject: a report on the same configuration has it in the same order. */
function inOrder({ facts, unread }: Configuration): Configuration {
  const key = ({ name, subject }: { name: string; subject: string }): string => `${name} ${subject}`;
  const sorted = <T extends { name: string; subject: string }>(all: readonly T[]): T[] =>
    all.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  return { facts: sorted(facts), unread: sorted(unread) };
}

async function answerAll(questions: readonly Question[]): Promise<Configuration> {
  const waiting = [...questions];
  const answers: Configuration[] = [];
  await Promise.all(
    Array.from({ length: WIDTH }, async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
        answers.push(await answer(next));
    }),
  );
  return { facts: answers.flatMap(({ facts }) => facts), unread: answers.flatMap(({ unread }) => unread) };
}

async function answer({ subject, names, ask }: Question): Promise<Configuration> {
  try {
    const values = await ask();
    const facts = names.flatMap((name): Fact[] => {
      const value = values[name];
      return value === undefined ? [] : [{ name, subject, value }];
    });
    return { facts, unread: [] };
  } catch (error) {
    const unread = nameOf(error);
    return { facts: [], unread: names.map((name) => ({ name, subject, unread })) };
  }
}

/** The kind of an error, which quotes nothing. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown error');

/** @returns undefined only where AWS says that there is nothing */
async function orNone<T>(asked: Promise<T>, ...none: readonly string[]): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (none.includes(nameOf(error))) return undefined;
    throw error;
  }
}

function aboutBucket(s3: ConfigurationClients['s3'], Bucket: string): Question[] {
  const question = (name: FactName, value: () => Promise<Fact['value']>): Question => ({
    subject: Bucket,
    names: [name],
    ask: async () => ({ [name]: await value() }),
  });
  return [
    question('bucket.encryption', async () => {
      const found = await orNone(
        s3.send(new GetBucketEncryptionCommand({ Bucket })),
        'ServerSideEncryptionConfigurationNotFoundError',
      );
      const [rule] = found?.ServerSideEncryptionConfiguration?.Rules ?? [];
      return rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? 'none';
    }),
    question('bucket.public-access-blocked', async () => {
      const found = await orNone(
        s3.send(new GetPublicAccessBlockCommand({ Bucket })),
        'NoSuchPublicAccessBlockConfiguration',
      );
      const { BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets } =
        found?.PublicAccessBlockConfiguration ?? {};
      return [BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets].every(
        (one) => one === true,
      );
    }),
    question('bucket.tls-only', async () => {
      const found = await orNone(s3.send(new GetBucketPolicyCommand({ Bucket })), 'NoSuchBucketPolicy');
      return found?.Policy !== undefined && wantsTls(found.Policy);
    }),
  ];
}

function aboutLock(s3: ConfigurationClients['s3'], Bucket: string): Question[] {
  return [
    {
      subject: Bucket,
      names: ['log.lock-mode', 'log.lock-days'],
      ask: async () => {
        const found = await orNone(
          s3.send(new GetObjectLockConfigurationCommand({ Bucket })),
          'ObjectLockConfigurationNotFoundError',
        );
        const { ObjectLockEnabled, Rule } = found?.ObjectLockConfiguration ?? {};
        const { Mode, Days, Years } = Rule?.DefaultRetention ?? {};
        if (ObjectLockEnabled !== 'Enabled' || Mode === undefined)
          return { 'log.lock-mode': 'none', 'log.lock-days': 0 };
        return { 'log.lock-mode': Mode, 'log.lock-days': Days ?? (Years ?? 0) * DAYS_OF_A_YEAR };
      },
    },
    {
      subject: Bucket,
      names: ['bucket.versioned'],
      ask: async () => {
        const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket }));
        return { 'bucket.versioned': Status === 'Enabled' };
      },
    },
  ];
}

function aboutKey(kms: ConfigurationClients['kms'], KeyId: string): Question[] {
  return [
    {
      subject: KeyId,
      names: ['key.enabled', 'key.origin', 'key.rotates'],
      ask: async () => {
        const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId }));
        if (key === undefined) throw new Error('KMS answers without a key.');
        const isEnabled = key.KeyState === 'Enabled';
        const canRotate = key.KeySpec === 'SYMMETRIC_DEFAULT' && key.Origin === 'AWS_KMS' && isEnabled;
        return {
          'key.enabled': isEnabled,
          ...(key.Origin !== undefined && { 'key.origin': key.Origin }),
          ...(canRotate && { 'key.rotates': await rotates(kms, KeyId) }),
        };
      },
    },
    {
      subject: KeyId,
      names: ['key.open-to-all'],
      ask: async () => {
        const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }));
        if (Policy === undefined) throw new Error('KMS answers without a policy.');
        return { 'key.open-to-all': isOpenToAll(Policy) };
      },
    },
  ];
}

async function rotates(kms: ConfigurationClients['kms'], KeyId: string): Promise<boolean> {
  const { KeyRotationEnabled } = await kms.send(new GetKeyRotationStatusCommand({ KeyId }));
  return KeyRotationEnabled === true;
}

function aboutTable(
  dynamo: ConfigurationClients['dynamo'],
  TableName: string,
  keys: readonly string[],
  { expiringTables, passingTables }: Configured,
): Question[] {
  return [
    {
      subject: TableName,
      names: ['table.own-key', 'table.deletion-protected'],
      ask: async () => {
        const { Table } = await dynamo.send(new DescribeTableCommand({ TableName }));
        if (Table === undefined) throw new Error('DynamoDB answers without a table.');
        const key = Table.SSEDescription?.KMSMasterKeyArn;
        return {
          'table.own-key': key !== undefined && keys.some((id) => key === id || key.endsWith(`/${id}`)),
          'table.deletion-protected': Table.DeletionProtectionEnabled === true,
        };
      },
    },
    ...(passingTables.includes(TableName)
      ? []
      : [
          {
            subject: TableName,
            names: ['table.recoverable'] as const,
            ask: async () => {
              const found = await dynamo.send(new DescribeContinuousBackupsCommand({ TableName }));
              const { PointInTimeRecoveryDescription: described } = found.ContinuousBackupsDescription ?? {};
              return { 'table.recoverable': described?.PointInTimeRecoveryStatus === 'ENABLED' };
            },
          },
        ]),
    ...(expiringTables.includes(TableName)
      ? [
          {
            subject: TableName,
            names: ['table.expires-items'] as const,
            ask: async () => {
              const { TimeToLiveDescription } = await dynamo.send(
                new DescribeTimeToLiveCommand({ TableName }),
              );
              return { 'table.expires-items': TimeToLiveDescription?.TimeToLiveStatus === 'ENABLED' };
            },
          },
        ]
      : []),
  ];
}

function aboutLogGroup(logs: ConfigurationClients['logs'], name: string): Question {
  return {
    subject: name,
    names: ['logs.retention-days'],
    ask: async () => {
      const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
      const group = logGroups.find(({ logGroupName }) => logGroupName === name);
      if (group === undefined) throw new NotThere('There is no such log group.');
      return { 'logs.retention-days': group.retentionInDays ?? 0 };
    },
  };
}

function aboutQueue(sqs: ConfigurationClients['sqs'], QueueUrl: string): Question {
  return {
    subject: QueueUrl.split('/').at(-1) ?? QueueUrl,
    names: ['queue.encrypted'],
    ask: async () => {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl,
          AttributeNames: ['KmsMasterKeyId', 'SqsManagedSseEnabled'],
        }),
      );
      const { KmsMasterKeyId: key = '', SqsManagedSseEnabled: managed } = Attributes;
      return { 'queue.encrypted': key !== '' || managed === 'true' };
    },
  };
}

function aboutAlarm(cloudWatch: ConfigurationClients['cloudWatch'], name: string): Question {
  return {
    subject: name,
    names: ['alarm.armed'],
    ask: async () => {
      const { MetricAlarms = [] } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: [name] }));
      const alarm = MetricAlarms.find(({ AlarmName }) => AlarmName === name);
      // An alarm that somebody deleted is none that is armed.
      return { 'alarm.armed': alarm?.ActionsEnabled === true && (alarm.AlarmActions ?? []).length > 0 };
    },
  };
}

function aboutSecret(secrets: ConfigurationClients['secrets'], SecretId: string, clock: Clock): Question[] {
  return [
    {
      subject: SecretId,
      names: ['managed-secret.age-days'],
      ask: async () => {
        const { Versions = [] } = await secrets.send(new ListSecretVersionIdsCommand({ SecretId }));
        const current = Versions.find(({ VersionStages = [] }) => VersionStages.includes('AWSCURRENT'));
        if (current?.CreatedDate === undefined) throw new NotThere('The secret has no current version.');
        return {
          'managed-secret.age-days': Math.floor((clock.now() - current.CreatedDate.getTime()) / DAY_MS),
        };
      },
    },
    {
      subject: SecretId,
      names: ['managed-secret.own-key'],
      ask: async () => {
        const { KmsKeyId = '' } = await secrets.send(new DescribeSecretCommand({ SecretId }));
        return {
          'managed-secret.own-key': KmsKeyId !== '' && !KmsKeyId.endsWith('alias/aws/secretsmanager'),
        };
      },
    },
  ];
}

class NotThere extends Error {
  override readonly name = 'NotThere';
}
