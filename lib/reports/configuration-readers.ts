import { Stack, Validations } from 'aws-cdk-lib';
import { Grant, ManagedPolicy, type IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

export interface ConfigurationReadersProps {
  readonly stage: string;
  /** Names of the stacks whose settings are looked at. */
  readonly stacks: readonly string[];
  /** Names of managed secrets. */
  readonly secrets: readonly string[];
}

/** Who may look at the settings of what a stage has deployed, and at no content. */
export class ConfigurationReaders extends Construct {
  readonly #policy: ManagedPolicy;

  constructor(scope: Construct, id: string, { stage, stacks, secrets }: ConfigurationReadersProps) {
    super(scope, id);
    this.#policy = new ManagedPolicy(this, 'Look', {
      description: 'SHHH: may look at the settings of what is deployed, and at no content',
    });
    const ours = `shhh-${stage}-*`;
    const tagged = {
      StringEquals: { 'aws:ResourceTag/application': 'shhh', 'aws:ResourceTag/stage': stage },
    };
    for (const stack of stacks)
      this.#allow('cloudformation', `stack/${stack}/*`, ['cloudformation:ListStackResources']);
    this.#allow('s3', ours, [
      's3:GetBucketObjectLockConfiguration',
      's3:GetBucketPolicy',
      's3:GetBucketPublicAccessBlock',
      's3:GetBucketVersioning',
      's3:GetEncryptionConfiguration',
    ]);
    // Keys have no names: those that carry the stage's tags.
    this.#allow('kms', 'key/*', ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:GetKeyRotationStatus'], tagged);
    this.#allow('dynamodb', `table/${ours}`, [
      'dynamodb:DescribeContinuousBackups',
      'dynamodb:DescribeTable',
      'dynamodb:DescribeTimeToLive',
    ]);
    this.#allow('sqs', ours, ['sqs:GetQueueAttributes']);
    this.#allow('logs', 'log-group:*', ['logs:DescribeLogGroups']);
    this.#allow('cloudwatch', 'alarm:*', ['cloudwatch:DescribeAlarms']);
    // Secrets Manager adds six characters of its own to a name.
    for (const secret of secrets)
      this.#allow('secretsmanager', secret.startsWith('arn:') ? secret : `secret:${secret}-??????`, [
        'secretsmanager:DescribeSecret',
        'secretsmanager:ListSecretVersionIds',
      ]);
  }

  grantLook(role: IRole): void {
    role.addManagedPolicy(this.#policy);
  }

  #allow(
    service: string,
    resource: string,
    actions: string[],
    conditions: Record<string, Record<string, string>> = {},
  ): void {
    const { partition, region, account } = Stack.of(this);
    const place = service === 's3' ? '::' : `${region}:${account}:`;
    Grant.addToPrincipal({
      grantee: this.#policy,
      resourceArns: [
        resource.startsWith('arn:') ? resource : `arn:${partition}:${service}:${place}${resource}`,
      ],
      actions,
      conditions,
    });
    if (!resource.includes('*')) return;
    const shown = service === 's3' ? '::' : '<AWS::Region>:<AWS::AccountId>:';
    Validations.of(this.#policy).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:${service}:${shown}${resource}]`,
      reason:
        'Reading settings only. Names are made by CloudFormation behind the name of the stage; keys, log groups and alarms are asked for in lists or have no name.',
    });
  }
}
