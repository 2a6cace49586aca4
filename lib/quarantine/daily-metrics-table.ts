import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Foundation } from '../platform/foundation.ts';

/** What was scanned, found and judged, by UTC day. */
export class DailyMetricsTable extends Construct {
  readonly table: Table;
  readonly #foundation: Foundation;

  constructor(scope: Construct, id: string, props: { readonly foundation: Foundation }) {
    super(scope, id);
    const { foundation } = props;
    this.#foundation = foundation;
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: foundation.dataKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'expiresAt',
      deletionProtection: foundation.settings.keepData,
      removalPolicy: foundation.removalPolicy,
    });
  }

  /** May record which entries were scanned, and with which rules. */
  grantRecordScans(grantee: IGrantable): void {
    this.#grant(grantee, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem');
  }

  /** May add to a day's counters. */
  grantAdd(grantee: IGrantable): void {
    this.#grant(grantee, 'dynamodb:UpdateItem');
  }

  /** May read a day. */
  grantRead(grantee: IGrantable): void {
    this.#grant(grantee, 'dynamodb:Query');
  }

  #grant(grantee: IGrantable, ...actions: string[]): void {
    Grant.addToPrincipal({ grantee, resourceArns: [this.table.tableArn], actions });
    this.#foundation.grantDataKey(grantee);
  }
}
