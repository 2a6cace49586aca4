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
import type { Foundation } from './foundation.ts';

export interface HouseTableProps {
  readonly foundation: Foundation;
  /** Whether items have a sort key `sk` beside the partition key `pk`. */
  readonly sorted?: boolean;
  /** Whether items say in `expiresAt` when they may be deleted. */
  readonly expires?: boolean;
  /** Whether what changes is published from the table's stream, with what it was before. */
  readonly outbox?: boolean;
  readonly indexes?: Readonly<Record<string, { readonly name: string; readonly partitionKey: string }>>;
  /** Attribute that every index sorts by. */
  readonly indexesSortBy?: string;
  /** What of an item its indexes hold: all of it, or its keys where the item is read by them afterwards. */
  readonly indexesHold?: 'all' | 'keys';
}

/**
 * What every table has in common: billed by request, encrypted under the data key, with point-in-time recovery, and in
 * production neither deleted nor left behind by a mistake. A context's table extends it and grants its own verbs.
 */
export class HouseTable extends Construct {
  readonly table: Table;
  readonly #foundation: Foundation;
  readonly #indexArns: readonly string[];

  constructor(scope: Construct, id: string, props: HouseTableProps) {
    super(scope, id);
    const { foundation, sorted, expires, outbox, indexes = {}, indexesSortBy, indexesHold = 'all' } = props;
    this.#foundation = foundation;
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      ...(sorted === true && { sortKey: { name: 'sk', type: AttributeType.STRING } }),
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: foundation.dataKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      ...(expires === true && { timeToLiveAttribute: 'expiresAt' }),
      ...(outbox === true && { stream: StreamViewType.NEW_AND_OLD_IMAGES }),
      deletionProtection: foundation.settings.keepData,
      removalPolicy: foundation.removalPolicy,
    });
    for (const { name, partitionKey } of Object.values(indexes)) {
      this.table.addGlobalSecondaryIndex({
        indexName: name,
        partitionKey: { name: partitionKey, type: AttributeType.STRING },
        ...(indexesSortBy !== undefined && {
          sortKey: { name: indexesSortBy, type: AttributeType.STRING },
        }),
        projectionType: indexesHold === 'keys' ? ProjectionType.KEYS_ONLY : ProjectionType.ALL,
      });
    }
    this.#indexArns = Object.values(indexes).map(({ name }) =>
      Stack.of(this).formatArn({
        service: 'dynamodb',
        resource: 'table',
        resourceName: `${this.table.tableName}/index/${name}`,
      }),
    );
  }

  /** Actions on the table's items; the key that they rest under comes with it. */
  protected allow(grantee: IGrantable, ...actions: string[]): void {
    this.#allowOn(grantee, [this.table.tableArn], actions);
  }

  /** Actions on every index. */
  protected allowOnIndexes(grantee: IGrantable, ...actions: string[]): void {
    this.#allowOn(grantee, [...this.#indexArns], actions);
  }

  #allowOn(grantee: IGrantable, resourceArns: string[], actions: string[]): void {
    Grant.addToPrincipal({ grantee, resourceArns, actions });
    this.#foundation.grantDataKey(grantee);
  }
}
