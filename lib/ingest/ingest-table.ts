import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Foundation } from '../platform/foundation.ts';
import { HouseTable } from '../platform/house-table.ts';

/** What ingest remembers: the peers to follow, the lease, a checkpoint and a status for each log. */
export class IngestTable extends HouseTable {
  constructor(scope: Construct, id: string, { foundation }: { readonly foundation: Foundation }) {
    super(scope, id, { foundation, sorted: true });
  }

  /** May hold the lease and move checkpoints. */
  grantFollow(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem');
  }

  /** May see which logs are followed and how far. */
  grantRead(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:GetItem', 'dynamodb:Query');
  }
}
