import type { ChangeRecord } from '../../kernel/publish-changes.ts';
import { readTableChanges } from '../../platform/table-changes.ts';
import { revocationRecord, type RevocationRecord } from '../domain/revocation.ts';

/** The changes of revocations among the records of the table's stream, in its order; the limit's item is none. */
export const readChangeRecords = (event: unknown): readonly ChangeRecord<RevocationRecord>[] =>
  readTableChanges(event, revocationRecord, (pk) => pk.startsWith('case_'));
