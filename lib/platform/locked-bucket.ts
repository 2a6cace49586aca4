import { RemovalPolicy, Validations, type Duration } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectLockRetention,
  type LifecycleRule,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

export interface LockedBucketProps {
  /** How long nobody can delete an object, the account's root included. */
  readonly lock: Duration;
  readonly lifecycleRules?: LifecycleRule[];
  /** Why no access log is kept. */
  readonly noAccessLog: string;
}

/** A bucket that keeps every version of every object until its lock is over, outlives its stack, and deletes nothing. */
export class LockedBucket extends Bucket {
  constructor(scope: Construct, id: string, { lock, lifecycleRules, noAccessLog }: LockedBucketProps) {
    super(scope, id, {
      // Not under a key whose deletion would make what is here unreadable, lock or no lock.
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention: ObjectLockRetention.compliance(lock),
      lifecycleRules,
      // Locked objects cannot be deleted, so neither can the bucket.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this).acknowledge({ id: 'AwsSolutions-S1', reason: noAccessLog });
    // Without a version's id that only hides an object, which the lock allows.
    this.#deny('NothingIsDeleted', ['s3:DeleteObject', 's3:DeleteObjectVersion'], ['*']);
  }

  /** @param absent headers of a request that may not all be missing when one of these objects is written */
  denyWriting(sid: string, objects: readonly string[], absent: Readonly<Record<string, 'true'>>): void {
    this.#deny(sid, ['s3:PutObject'], objects, {
      Null: absent,
      // Parts of an upload carry no such header; what completes it does.
      Bool: { 's3:ObjectCreationOperation': 'true' },
    });
  }

  #deny(sid: string, actions: string[], objects: readonly string[], conditions?: object): void {
    this.addToResourcePolicy(
      new PolicyStatement({
        sid,
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions,
        resources: objects.map((each) => this.arnForObjects(each)),
        ...(conditions && { conditions }),
      }),
    );
  }
}
