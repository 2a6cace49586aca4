import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, PutObjectLockConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { randomUUID } from 'node:crypto';
import { createDynamoOutbox } from '../../../functions/audit/adapters/dynamo-outbox.ts';
import { createDynamoSequence } from '../../../functions/audit/adapters/dynamo-sequence.ts';
import { createDynamoWitnessMemory } from '../../../functions/audit/adapters/dynamo-witness-memory.ts';
import { createKmsSigner } from '../../../functions/audit/adapters/kms-signer.ts';
import { createKmsWitnessSigner } from '../../../functions/audit/adapters/kms-witness-signer.ts';
import { createS3Beside } from '../../../functions/audit/adapters/s3-beside.ts';
import { createS3Log } from '../../../functions/audit/adapters/s3-log.ts';
import { createS3Source } from '../../../functions/platform/s3-log-source.ts';
import { AUDIT_WAITING_INDEX } from '../../../functions/contracts/audit.ts';
import { awsOptions } from '../../support/emulator-client.ts';
import { ORIGIN } from './log-builder.ts';

/** Table, buckets and keys of one log, made for one test on the emulator at `endpoint`. */
export function createAwsWorld(endpoint: string) {
  const options = awsOptions(endpoint);
  const plain = new DynamoDBClient(options);
  const client = DynamoDBDocumentClient.from(plain, { marshallOptions: { removeUndefinedValues: true } });
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  const kms = new KMSClient(options);

  async function createTable(): Promise<string> {
    const TableName = `audit-${randomUUID()}`;
    const { name, partitionKey, sortKey } = AUDIT_WAITING_INDEX;
    await plain.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        AttributeDefinitions: ['pk', partitionKey, sortKey].map((AttributeName) => ({
          AttributeName,
          AttributeType: 'S',
        })),
        GlobalSecondaryIndexes: [
          {
            IndexName: name,
            KeySchema: [
              { AttributeName: partitionKey, KeyType: 'HASH' },
              { AttributeName: sortKey, KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      }),
    );
    return TableName;
  }

  async function createBuckets() {
    const [logBucket, workBucket] = [`audit-log-${randomUUID()}`, `audit-work-${randomUUID()}`];
    await s3.send(new CreateBucketCommand({ Bucket: logBucket, ObjectLockEnabledForBucket: true }));
    await s3.send(
      new PutObjectLockConfigurationCommand({
        Bucket: logBucket,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 1 } },
        },
      }),
    );
    await s3.send(new CreateBucketCommand({ Bucket: workBucket }));
    return { logBucket, workBucket };
  }

  async function createKey(KeySpec: 'ECC_NIST_EDWARDS25519' | 'ECC_NIST_P256'): Promise<string> {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec, KeyUsage: 'SIGN_VERIFY' }));
    return KeyMetadata?.KeyId ?? '';
  }

  let time = Date.UTC(2026, 10, 21);
  const clock = { now: () => (time += 7) };
  const outbox = async () => createDynamoOutbox({ client, tableName: await createTable(), clock });
  const sequence = async () => createDynamoSequence(client, await createTable());
  const log = async () => createS3Log({ s3, ...(await createBuckets()) });
  const signer = async () =>
    createKmsSigner({
      kms,
      origin: ORIGIN,
      pairs: [
        {
          ed25519Key: await createKey('ECC_NIST_EDWARDS25519'),
          ecdsaKey: await createKey('ECC_NIST_P256'),
        },
      ],
    });

  return {
    s3,
    kms,
    witnessMemory: async () => createDynamoWitnessMemory(client, await createTable()),
    witnessSigner: async (name: string) =>
      createKmsWitnessSigner(kms, name, await createKey('ECC_NIST_EDWARDS25519')),
    async beside() {
      const { workBucket } = await createBuckets();
      return { beside: createS3Beside(s3, workBucket), source: createS3Source(s3, workBucket) };
    },
    outbox,
    sequence,
    log,
    signer,
    /** All of it on one table, as it is deployed. */
    async sequencer() {
      const buckets = await createBuckets();
      const tableName = await createTable();
      return {
        origin: ORIGIN,
        outbox: createDynamoOutbox({ client, tableName, clock }),
        sequence: createDynamoSequence(client, tableName),
        log: createS3Log({ s3, ...buckets }),
        signer: await signer(),
        clock,
        source: createS3Source(s3, buckets.logBucket),
        ...buckets,
      };
    },
    close() {
      plain.destroy();
      s3.destroy();
      kms.destroy();
    },
  };
}
