import { RemovalPolicy } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Settings } from '../config/settings.ts';

export interface FoundationProps {
  readonly settings: Settings;
}

/** What every context stands on: the stage's settings, the key that data rests under, and the topic operators listen to. */
export class Foundation extends Construct {
  readonly settings: Settings;
  /** Encrypts tables, queues and topics. */
  readonly dataKey: Key;
  /** Alarms of the system itself; findings go to the alert topic instead. */
  readonly operationsTopic: Topic;

  constructor(scope: Construct, id: string, props: FoundationProps) {
    super(scope, id);
    this.settings = props.settings;
    this.dataKey = new Key(this, 'DataKey', {
      description: 'SHHH: encrypts tables, queues and topics',
      enableKeyRotation: true,
      removalPolicy: props.settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.operationsTopic = new Topic(this, 'OperationsTopic', {
      displayName: 'SHHH operations',
      masterKey: this.dataKey,
      enforceSSL: true,
    });
    // An alarm can only publish to an encrypted topic if CloudWatch may use the topic's key.
    this.dataKey.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsPublishToEncryptedTopics',
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': this.dataKey.stack.account } },
      }),
    );
  }

  /** May use what rests under the data key: DynamoDB, SQS and SNS call KMS in the caller's name. */
  grantDataKey(grantee: IGrantable): void {
    this.dataKey.grant(
      grantee,
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    );
  }

  /** What happens to stateful resources when their stack is deleted. */
  get removalPolicy(): RemovalPolicy {
    return this.settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
  }
}
