import { CfnElement, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Grant, ManagedPolicy, type IGrantable, type IRole } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Foundation } from '../platform/foundation.ts';
import { AUDIT_POLICY, daysOf } from './policy.ts';

/** What lies beside the log until it expires. Without versions: what is deleted is gone, in production as anywhere. */
export class BesideBucket extends Construct {
  readonly bucket: Bucket;
  readonly #keeper: ManagedPolicy;
  readonly #sweeper: ManagedPolicy;

  constructor(scope: Construct, id: string, { foundation }: { readonly foundation: Foundation }) {
    super(scope, id);
    const { retention, events } = AUDIT_POLICY;
    const longest = Math.max(
      retention.beside,
      ...Object.values(events).map(({ keep_beside = 0 }) => keep_beside),
    );
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      // The sweeper deletes each on its day; this is for the day on which it does not run.
      lifecycleRules: [{ id: 'expired', prefix: 'beside/', expiration: Duration.days(daysOf(longest) + 7) }],
      removalPolicy: foundation.removalPolicy,
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Its names say nothing, and what it holds is proved by the log; CloudTrail data events can watch it.',
    });
    this.#keeper = this.#policy(
      'Keeper',
      'SHHH: may put content beside the audit log and take back what it put',
      ['s3:PutObject', 's3:DeleteObject'],
    );
    this.#sweeper = this.#policy('Sweeper', 'SHHH: may delete what expired beside the audit log', [
      's3:DeleteObject',
    ]);
    Grant.addToPrincipal({
      grantee: this.#sweeper,
      resourceArns: [this.bucket.bucketArn],
      actions: ['s3:ListBucket'],
    });
  }

  /** May put content there, and take back what nothing points to; never read it. */
  grantKeep(role: IRole): void {
    role.addManagedPolicy(this.#keeper);
  }

  /** May find and delete what expired; never read it. */
  grantSweep(role: IRole): void {
    role.addManagedPolicy(this.#sweeper);
  }

  #policy(id: string, description: string, actions: string[]): ManagedPolicy {
    const policy = new ManagedPolicy(this, id, { description });
    Grant.addToPrincipal({
      grantee: policy,
      resourceArns: [this.bucket.arnForObjects('beside/*')],
      actions,
    });
    const { defaultChild } = this.bucket.node;
    const bucketId = CfnElement.isCfnElement(defaultChild) ? Stack.of(this).getLogicalId(defaultChild) : '';
    Validations.of(policy).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/beside/*]`,
      reason: 'Names are days and digests; below this folder there is nothing else.',
    });
    return policy;
  }
}

/** By the function itself, not by its versions: the ready-made grant names these with a wildcard. */
export const grantInvoke = (grantee: IGrantable, invoked: IFunction): void =>
  void Grant.addToPrincipal({
    grantee,
    resourceArns: [invoked.functionArn],
    actions: ['lambda:InvokeFunction'],
  });
