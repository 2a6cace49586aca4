import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Foundation } from '../platform/foundation.ts';
import { HouseTable } from '../platform/house-table.ts';

/** What alerts remember: windows, groups and their messages, silences, what each channel was sent, circuits. */
export class AlertStateTable extends HouseTable {
  constructor(scope: Construct, id: string, { foundation }: { readonly foundation: Foundation }) {
    super(scope, id, { foundation, sorted: true, expires: true });
  }

  /** May move windows and groups on, and read silences. */
  grantEvaluate(grantee: IGrantable): void {
    this.allow(
      grantee,
      'dynamodb:BatchGetItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    );
  }

  /** May remember what a channel was sent. */
  grantDeliver(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
  }
}
