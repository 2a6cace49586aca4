import { CfnElement, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Grant, ManagedPolicy, type IRole } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { AUDIT_POLICY, daysOf } from '../audit/policy.ts';
import type { Foundation } from '../platform/foundation.ts';
import { LockedBucket } from '../platform/locked-bucket.ts';

const REPORTS = 'reports/*';

/**
 * Where reports lie, under lock for as long as the entries that prove them, and the key that signs their manifests. Not
 * a key of the log: who may sign with one of these could sign a checkpoint.
 */
export class ReportArchive extends Construct {
  readonly bucket: Bucket;
  readonly key: Key;
  /** The name that manifests are signed under. */
  readonly signer: string;
  readonly #writer: ManagedPolicy;

  constructor(scope: Construct, id: string, { foundation }: { readonly foundation: Foundation }) {
    super(scope, id);
    const { stage, audit } = foundation.settings;
    const { account, region } = Stack.of(this);
    this.signer = `shhh.${account}.${region}/reports/${stage}`;
    this.key = new Key(this, 'Key', {
      description: 'SHHH: signs manifests of reports',
      keySpec: KeySpec.ECC_NIST_EDWARDS25519,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: foundation.removalPolicy,
    });
    const lock = Duration.days(audit.lockDays ?? daysOf(AUDIT_POLICY.retention.entries));
    this.bucket = this.#createBucket(lock);
    this.#writer = this.#createWriter();
  }

  /** May write reports where nothing is, read what is there, and sign manifests. */
  grantArchive(role: IRole): void {
    role.addManagedPolicy(this.#writer);
  }

  #createWriter(): ManagedPolicy {
    const policy = new ManagedPolicy(this, 'Writer', {
      description: 'SHHH: may write reports and sign their manifests. For the function that makes them',
    });
    const allow = (
      resourceArns: string[],
      actions: string[],
      conditions: Record<string, Record<string, string>> = {},
    ) => Grant.addToPrincipal({ grantee: policy, resourceArns, actions, conditions });
    allow([this.bucket.bucketArn], ['s3:ListBucket']);
    allow([this.bucket.arnForObjects(REPORTS)], ['s3:GetObject', 's3:PutObject']);
    allow([this.key.keyArn], ['kms:GetPublicKey']);
    allow([this.key.keyArn], ['kms:Sign'], {
      StringEquals: { 'kms:SigningAlgorithm': 'ED25519_SHA_512', 'kms:MessageType': 'RAW' },
    });
    const { defaultChild } = this.bucket.node;
    const bucketId = CfnElement.isCfnElement(defaultChild) ? Stack.of(this).getLogicalId(defaultChild) : '';
    Validations.of(policy).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/${REPORTS}]`,
      reason:
        'Folders of reports are named by framework, period and data; below this one there is nothing else.',
    });
    return policy;
  }

  #createBucket(lock: Duration): Bucket {
    const bucket = new LockedBucket(this, 'Bucket', {
      lock,
      noAccessLog:
        'What is written here is signed and on record; CloudTrail data events can watch who reads it.',
    });
    bucket.denyWriting('WrittenOnceOnly', [REPORTS], { 's3:if-none-match': 'true' });
    return bucket;
  }
}
