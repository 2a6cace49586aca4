import { CfnElement, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Grant, ManagedPolicy, type IGrantable, type IRole } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, StorageClass } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { AUDIT_WAITING_INDEX } from '../../functions/contracts/audit.ts';
import { AUDIT_POLICY, daysOf } from './policy.ts';
import type { Foundation } from '../platform/foundation.ts';
import { HouseTable } from '../platform/house-table.ts';
import { LockedBucket } from '../platform/locked-bucket.ts';

export interface AuditLogProps {
  readonly foundation: Foundation;
}

/** What waits for the log, what was taken in, and the head that the sequencers compare and set. */
export class AuditTable extends HouseTable {
  constructor(scope: Construct, id: string, { foundation }: AuditLogProps) {
    super(scope, id, {
      foundation,
      expires: true,
      indexes: { waiting: AUDIT_WAITING_INDEX },
      indexesSortBy: AUDIT_WAITING_INDEX.sortKey,
      indexesHold: 'keys',
    });
  }

  /** May hand acts in, and can do nothing about those that are there. */
  grantSubmit(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:PutItem');
  }

  /** May take what waits into the log and move its head. */
  grantSequence(grantee: IGrantable): void {
    this.allow(
      grantee,
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    );
    this.allowOnIndexes(grantee, 'dynamodb:Query');
  }

  /** May remember which checkpoint was verified last. */
  grantRemember(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:GetItem', 'dynamodb:PutItem');
  }
}

/** The published log: its bucket under lock, the keys that sign it, and the table and bucket that it is made in. */
export class AuditLog extends Construct {
  /** What the log is called: unique in the world, the same for ever, and the name of its keys. */
  readonly origin: string;
  readonly table: AuditTable;
  /** Holds the log and nothing else. */
  readonly bucket: Bucket;
  /** Holds batches until they are decided. */
  readonly workBucket: Bucket;
  readonly ed25519Key: Key;
  readonly ecdsaKey: Key;
  /** For a role of an auditor: may read the log, live, and its public keys. */
  readonly readerPolicy: ManagedPolicy;
  readonly #writerPolicy: ManagedPolicy;

  constructor(scope: Construct, id: string, props: AuditLogProps) {
    super(scope, id);
    const { foundation } = props;
    const { stage, audit } = foundation.settings;
    const { account, region } = Stack.of(this);
    this.origin = `shhh.${account}.${region}/audit/${stage}`;
    this.table = new AuditTable(this, 'Outbox', { foundation });
    this.ed25519Key = this.#signingKey('Ed25519Key', KeySpec.ECC_NIST_EDWARDS25519, foundation);
    this.ecdsaKey = this.#signingKey('EcdsaKey', KeySpec.ECC_NIST_P256, foundation);
    this.bucket = this.#logBucket(Duration.days(audit.lockDays ?? daysOf(AUDIT_POLICY.retention.entries)));
    this.workBucket = this.#workBucket(foundation);
    this.readerPolicy = new ManagedPolicy(this, 'Reader', {
      description: 'SHHH: may read the audit log and its public keys. For whoever runs npx shhh-audit',
    });
    this.#writerPolicy = new ManagedPolicy(this, 'Writer', {
      description: 'SHHH: may write the audit log and have its checkpoints signed. For the sequencer alone',
    });
    // ListBucket: without it S3 answers a missing object with 403, which is no answer.
    for (const policy of [this.readerPolicy, this.#writerPolicy]) {
      this.#allow(policy, [this.bucket.bucketArn], ['s3:ListBucket']);
      this.#allow(policy, [this.ed25519Key.keyArn, this.ecdsaKey.keyArn], ['kms:GetPublicKey']);
    }
    this.#allowObjects(this.readerPolicy, this.bucket, LOG_OBJECTS, ['s3:GetObject']);
    this.#allowObjects(this.#writerPolicy, this.bucket, LOG_OBJECTS, ['s3:GetObject', 's3:PutObject']);
    this.#allow(this.#writerPolicy, [this.workBucket.bucketArn], ['s3:ListBucket']);
    this.#allowObjects(this.#writerPolicy, this.workBucket, STAGED_OBJECTS, ['s3:GetObject', 's3:PutObject']);
    this.#allowSign(this.#writerPolicy, this.ed25519Key, 'ED25519_SHA_512');
    this.#allowSign(this.#writerPolicy, this.ecdsaKey, 'ECDSA_SHA_256');
  }

  /** May stage batches, sign heads and write the log, and take what waits out of the table. */
  grantPublish(role: IRole): void {
    role.addManagedPolicy(this.#writerPolicy);
    this.table.grantSequence(role);
  }

  /** May read all of the log and the public keys, and change nothing. */
  grantVerify(role: IRole): void {
    role.addManagedPolicy(this.readerPolicy);
  }

  #allow(grantee: IGrantable, resourceArns: string[], actions: string[]): void {
    Grant.addToPrincipal({ grantee, resourceArns, actions });
  }

  /** Said in this stack, where the bucket has a name that a reviewer of the template sees. */
  #allowObjects(policy: ManagedPolicy, bucket: Bucket, objects: readonly string[], actions: string[]): void {
    this.#allow(
      policy,
      objects.map((each) => bucket.arnForObjects(each)),
      actions,
    );
    const { defaultChild } = bucket.node;
    const id = CfnElement.isCfnElement(defaultChild) ? Stack.of(this).getLogicalId(defaultChild) : '';
    for (const each of objects.filter((path) => path.endsWith('*')))
      Validations.of(policy).acknowledge({
        id: `AwsSolutions-IAM5[Resource::<${id}.Arn>/${each}]`,
        reason:
          'The names of the objects of a log are made as it grows; below this folder there is nothing else.',
      });
  }

  /** Only by the algorithm that readers of notes know, over the text itself: nothing else can be had signed. */
  #allowSign(grantee: IGrantable, key: Key, algorithm: 'ED25519_SHA_512' | 'ECDSA_SHA_256'): void {
    Grant.addToPrincipal({
      grantee,
      resourceArns: [key.keyArn],
      actions: ['kms:Sign'],
      conditions: {
        StringEquals: { 'kms:SigningAlgorithm': algorithm, 'kms:MessageType': 'RAW' },
      },
    });
  }

  #signingKey(id: string, keySpec: KeySpec, foundation: Foundation): Key {
    return new Key(this, id, {
      description: 'SHHH: signs checkpoints of the audit log',
      keySpec,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: foundation.removalPolicy,
    });
  }

  #logBucket(lock: Duration): Bucket {
    const bucket = new LockedBucket(this, 'Log', {
      lock,
      lifecycleRules: [
        {
          id: 'infrequent-access',
          prefix: 'tile/',
          transitions: [
            {
              storageClass: StorageClass.INFREQUENT_ACCESS,
              transitionAfter: Duration.days(daysOf(AUDIT_POLICY.storage.infrequent_access_after)),
            },
          ],
        },
      ],
      noAccessLog:
        'What is written here proves itself, and its readers are auditors; CloudTrail data events can watch it where asked for.',
    });
    bucket.denyWriting('PublishedOnceOnly', ['tile/*', 'checkpoints/*'], { 's3:if-none-match': 'true' });
    bucket.denyWriting('CheckpointByCompareAndSwap', ['checkpoint'], {
      's3:if-none-match': 'true',
      's3:if-match': 'true',
    });
    return bucket;
  }

  #workBucket(foundation: Foundation): Bucket {
    const bucket = new Bucket(this, 'Work', {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      // Needed until its batch is finished, which is seconds; days leave time to mend whatever stopped it.
      lifecycleRules: [
        {
          id: 'staged',
          prefix: 'staged/',
          expiration: Duration.days(daysOf(AUDIT_POLICY.storage.staged_kept)),
        },
      ],
      removalPolicy: foundation.removalPolicy,
    });
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Holds copies of what is in the log, for days, and nobody reads it but the sequencer.',
    });
    return bucket;
  }
}

const LOG_OBJECTS = ['checkpoint', 'checkpoints/*', 'tile/*'];
const STAGED_OBJECTS = ['staged/*'];
