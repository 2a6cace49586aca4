import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Foundation } from '../platform/foundation.ts';
import { HouseTable } from '../platform/house-table.ts';

/** Who may ask the guard's endpoint: hashes of keys, and how often each was used in this minute. */
export class GuardKeysTable extends HouseTable {
  constructor(scope: Construct, id: string, { foundation }: { readonly foundation: Foundation }) {
    super(scope, id, { foundation, expires: true });
  }

  /** May look a key up. */
  grantFind(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:GetItem');
  }

  /** May count a request. */
  grantCount(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:UpdateItem');
  }
}
