import { Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, PolicyStatement, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Foundation } from '../platform/foundation.ts';

/** KMS is asked with exactly this context, and the grants demand it. */
const CONTEXT = { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['findingId'] } } as const;
const HAS_CONTEXT = { Null: { 'kms:EncryptionContext:findingId': 'false' } } as const;

/** Sealed evidence: ciphertexts with a short life, and the key that they are under. */
export class Evidence extends Construct {
  readonly table: Table;
  readonly key: Key;
  readonly #foundation: Foundation;

  constructor(scope: Construct, id: string, props: { readonly foundation: Foundation }) {
    super(scope, id);
    const { foundation } = props;
    this.#foundation = foundation;
    this.key = new Key(this, 'Key', {
      description: 'SHHH: seals leaked secrets on their way to the revoker',
      enableKeyRotation: true,
      removalPolicy: foundation.removalPolicy,
    });
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: foundation.dataKey,
      timeToLiveAttribute: 'expiresAt',
      deletionProtection: foundation.settings.keepData,
      removalPolicy: foundation.removalPolicy,
    });
    Validations.of(this.table).acknowledge({
      id: 'AwsSolutions-DDB3',
      reason: 'A backup would keep for weeks what is to be gone within days.',
    });
  }

  /** May seal, and neither read nor open. */
  grantSeal(grantee: IGrantable): void {
    this.#grantTable(grantee, 'dynamodb:PutItem');
    this.#grantKey(grantee, 'kms:Encrypt');
  }

  /** May open and take away. */
  grantOpen(grantee: IGrantable): void {
    this.#grantTable(grantee, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    this.#grantKey(grantee, 'kms:Decrypt');
  }

  #grantTable(grantee: IGrantable, ...actions: string[]): void {
    Grant.addToPrincipal({ grantee, resourceArns: [this.table.tableArn], actions });
    this.#foundation.grantDataKey(grantee);
  }

  #grantKey(grantee: IGrantable, action: string): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: [action],
        resources: [this.key.keyArn],
        conditions: { ...CONTEXT, ...HAS_CONTEXT },
      }),
    );
  }
}
