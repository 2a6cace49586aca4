import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Foundation } from '../platform/foundation.ts';

/** Who may ask the guard's endpoint: hashes of keys, and how often each was used in this minute. */
export class GuardKeysTable extends Construct {
  readonly table: Table;
  readonly #foundation: Foundation;

  constructor(scope: Construct, id: string, props: { readonly foundation: Foundation }) {
    super(scope, id);
    const { foundation } = props;
    this.#foundation = foundation;
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: foundation.dataKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'expiresAt',
      deletionProtection: foundation.settings.keepData,
      removalPolicy: foundation.removalPolicy,
    });
  }

  /** May look a key up. */
  grantFind(grantee: IGrantable): void {
    this.#grant(grantee, 'dynamodb:GetItem');
  }

  /** May count a request. */
  grantCount(grantee: IGrantable): void {
    this.#grant(grantee, 'dynamodb:UpdateItem');
  }

  #grant(grantee: IGrantable, action: string): void {
    Grant.addToPrincipal({ grantee, resourceArns: [this.table.tableArn], actions: [action] });
    this.#foundation.grantDataKey(grantee);
  }
}
