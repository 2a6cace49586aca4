import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { QUARANTINE_INDEXES } from '../../functions/contracts/quarantine.ts';
import type { Foundation } from '../platform/foundation.ts';
import { HouseTable } from '../platform/house-table.ts';

/** Where findings rest: one item each, found by status, secret type, agent, severity or fingerprint, newest first. */
export class QuarantineTable extends HouseTable {
  constructor(scope: Construct, id: string, { foundation }: { readonly foundation: Foundation }) {
    super(scope, id, {
      foundation,
      expires: true,
      outbox: true,
      indexes: QUARANTINE_INDEXES,
      indexesSortBy: 'detectedAt',
    });
  }

  /** May add findings; may neither read nor change what is there. */
  grantQuarantine(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:PutItem');
  }

  /** May show a finding's case on it. */
  grantShowCase(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:UpdateItem');
  }

  /** May read findings by any of the table's access paths. */
  grantRead(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:GetItem');
    this.allowOnIndexes(grantee, 'dynamodb:Query');
  }
}
