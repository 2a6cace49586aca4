import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Foundation } from '../platform/foundation.ts';
import { HouseTable } from '../platform/house-table.ts';

/** What was scanned, found and judged, by UTC day. */
export class DailyMetricsTable extends HouseTable {
  constructor(scope: Construct, id: string, { foundation }: { readonly foundation: Foundation }) {
    super(scope, id, { foundation, sorted: true, expires: true });
  }

  /** May record which entries were scanned, and with which rules. */
  grantRecordScans(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem');
  }

  /** May add to a day's counters. */
  grantAdd(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:UpdateItem');
  }

  /** May read a day. */
  grantRead(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:Query');
  }
}
