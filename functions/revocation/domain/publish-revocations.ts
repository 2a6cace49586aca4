import type { RevocationChanged } from '../../contracts/revocation.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import type { RevocationPublisher } from './ports.ts';
import { revocationChange, type RevocationRecord } from './revocation.ts';

/** One change of a revocation, as the table's stream tells it. */
export interface ChangeRecord {
  readonly sequenceNumber: string;
  readonly caseId: string;
  /** Before and after; the first has no before. Or why it cannot be read. */
  readonly change: Result<
    { readonly before: RevocationRecord | undefined; readonly after: RevocationRecord },
    string
  >;
}

export interface ChangeOutcome {
  readonly sequenceNumber: string;
  readonly caseId: string;
  /** The event; undefined where there was nothing to say. */
  readonly published: Result<RevocationChanged | undefined, string>;
}

/** Announces every change that can be read, also behind one that cannot. @returns one outcome per record, in their order */
export async function publishRevocations(
  records: readonly ChangeRecord[],
  publisher: RevocationPublisher,
): Promise<readonly ChangeOutcome[]> {
  const changes = records.map(({ change }) =>
    change.ok ? ok(revocationChange(change.value.before, change.value.after)) : change,
  );
  const answers = await publisher.publish(
    changes.flatMap((change) => (change.ok && change.value !== undefined ? [change.value] : [])),
  );
  let at = 0;
  return records.map(({ sequenceNumber, caseId }, index) => {
    const change = changes[index] ?? err('not read');
    if (!change.ok || change.value === undefined) return { sequenceNumber, caseId, published: change };
    const answer = answers[at++] ?? err('the bus gave no answer for it');
    return { sequenceNumber, caseId, published: answer.ok ? change : answer };
  });
}
