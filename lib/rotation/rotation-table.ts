import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { ROTATION_HISTORY_INDEX } from '../../functions/contracts/rotation.ts';
import type { Foundation } from '../platform/foundation.ts';
import { HouseTable } from '../platform/house-table.ts';

/** Where rotations rest: one item a managed secret, and one for each rotation that is over. */
export class RotationTable extends HouseTable {
  constructor(scope: Construct, id: string, props: { readonly foundation: Foundation }) {
    const { name, partitionKey, sortKey } = ROTATION_HISTORY_INDEX;
    super(scope, id, {
      foundation: props.foundation,
      outbox: true,
      indexes: { history: { name, partitionKey } },
      indexesSortBy: sortKey,
    });
  }

  /** May read rotations and write what became of them. */
  grantRecord(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:GetItem', 'dynamodb:PutItem');
  }

  /** May see whether a rotation is under way. */
  grantSee(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:GetItem');
  }

  /** May read rotations that are over. */
  grantHistory(grantee: IGrantable): void {
    this.allowOnIndexes(grantee, 'dynamodb:Query');
  }
}
