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
import { QUARANTINE_INDEXES } from '../../functions/contracts/quarantine.ts';
import type { Foundation } from '../platform/foundation.ts';

/** Where findings rest: one item each, found by status, secret type, agent, severity or fingerprint, newest first. */
export class QuarantineTable extends Construct {
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
      // The outbox: what was written is published from here, never beside the write.
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      deletionProtection: foundation.settings.keepData,
      removalPolicy: foundation.removalPolicy,
    });
    for (const index of Object.values(QUARANTINE_INDEXES)) {
      this.table.addGlobalSecondaryIndex({
        indexName: index.name,
        partitionKey: { name: index.partitionKey, type: AttributeType.STRING },
        sortKey: { name: 'detectedAt', type: AttributeType.STRING },
        projectionType: ProjectionType.ALL,
      });
    }
  }

  /** May add findings; may neither read nor change what is there. */
  grantQuarantine(grantee: IGrantable): void {
    this.#grant(grantee, [this.table.tableArn], 'dynamodb:PutItem');
  }

  /** May show a finding's case on it. */
  grantShowCase(grantee: IGrantable): void {
    this.#grant(grantee, [this.table.tableArn], 'dynamodb:UpdateItem');
  }

  /** May read findings by any of the table's access paths. */
  grantRead(grantee: IGrantable): void {
    const indexes = Object.values(QUARANTINE_INDEXES).map((index) =>
      Stack.of(this).formatArn({
        service: 'dynamodb',
        resource: 'table',
        resourceName: `${this.table.tableName}/index/${index.name}`,
      }),
    );
    this.#grant(grantee, [this.table.tableArn, ...indexes], 'dynamodb:GetItem', 'dynamodb:Query');
  }

  #grant(grantee: IGrantable, resourceArns: string[], ...actions: string[]): void {
    Grant.addToPrincipal({ grantee, resourceArns, actions });
    this.#foundation.grantDataKey(grantee);
  }
}
