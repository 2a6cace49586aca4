import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { CASE_INDEXES } from '../../functions/contracts/review.ts';
import type { Foundation } from '../platform/foundation.ts';
import { HouseTable } from '../platform/house-table.ts';

/** Where cases rest: one item for each secret, however often it leaked, with what people decided about it. */
export class CaseTable extends HouseTable {
  constructor(scope: Construct, id: string, { foundation }: { readonly foundation: Foundation }) {
    super(scope, id, {
      foundation,
      expires: true,
      outbox: true,
      indexes: CASE_INDEXES,
      indexesSortBy: 'openedAt',
    });
  }

  /** May count findings into cases. */
  grantCount(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:GetItem', 'dynamodb:PutItem');
  }

  /** May read a case that it knows and write a decision about it. */
  grantDecide(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
  }

  /** May list cases, read them and write decisions about them. */
  grantReview(grantee: IGrantable): void {
    this.grantDecide(grantee);
    this.allowOnIndexes(grantee, 'dynamodb:Query');
  }
}
