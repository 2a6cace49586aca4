import { Stack } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { CASE_INDEXES } from '../../functions/contracts/review.ts';
import type { Foundation } from '../platform/foundation.ts';

/** Where cases rest: one item for each secret, however often it leaked, with what people decided about it. */
export class CaseTable extends Construct {
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
      // A review is announced from here, with what the case was before.
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      deletionProtection: foundation.settings.keepData,
      removalPolicy: foundation.removalPolicy,
    });
    for (const index of Object.values(CASE_INDEXES)) {
      this.table.addGlobalSecondaryIndex({
        indexName: index.name,
        partitionKey: { name: index.partitionKey, type: AttributeType.STRING },
        sortKey: { name: 'openedAt', type: AttributeType.STRING },
        projectionType: ProjectionType.ALL,
      });
    }
  }

  /** May count findings into cases. */
  grantCount(grantee: IGrantable): void {
    this.#grant(grantee, [this.table.tableArn], 'dynamodb:GetItem', 'dynamodb:PutItem');
  }

  /** May read cases and write decisions about them. */
  grantReview(grantee: IGrantable): void {
    const indexes = Object.values(CASE_INDEXES).map((index) =>
      Stack.of(this).formatArn({
        service: 'dynamodb',
        resource: 'table',
        resourceName: `${this.table.tableName}/index/${index.name}`,
      }),
    );
    this.#grant(grantee, [this.table.tableArn], 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    this.#grant(grantee, indexes, 'dynamodb:Query');
  }

  #grant(grantee: IGrantable, resourceArns: string[], ...actions: string[]): void {
    Grant.addToPrincipal({ grantee, resourceArns, actions });
    this.#foundation.grantDataKey(grantee);
  }
}
