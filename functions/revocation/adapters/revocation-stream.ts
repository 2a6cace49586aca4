import { readTableChanges } from '../../platform/table-changes.ts';
import type { ChangeRecord } from '../domain/publish-revocations.ts';
import { revocationRecord } from '../domain/revocation.ts';

/** The changes of revocations among the records of the table's stream, in its order; the limit's item is none. */
export function readChangeRecords(event: unknown): readonly ChangeRecord[] {
  return readTableChanges(event, revocationRecord, (pk) => pk.startsWith('case_')).map(
    ({ pk, ...change }) => ({ caseId: pk, ...change }),
  );
}
