import { AttributeType, BillingMode, StreamViewType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Foundation } from '../platform/foundation.ts';

/** Where revocations rest, one item a case, and the item that counts the hour's. */
export class RevocationTable extends Construct {
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
      // An event tells what the revocation was before.
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      deletionProtection: foundation.settings.keepData,
      removalPolicy: foundation.removalPolicy,
    });
  }

  /** May read revocations and write what became of them. */
  grantRecord(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      resourceArns: [this.table.tableArn],
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    });
    this.#foundation.grantDataKey(grantee);
  }
}
