/** A credential that was proven dead ends its case as a reviewer would, without taking a person's judgement away. */
import type { SecretRevoked } from '../../contracts/revocation.ts';
import type { CaseDesk } from './case-book.ts';

/**
 * `recorded`: the case counts as revoked now. `known`: it did already, or the news is older than what was seen since.
 * `judged`: a person has judged it harmless, which stands. `no_such_case`: it has expired.
 */
export type Recorded = 'recorded' | 'known' | 'judged' | 'no_such_case';

/** People decide meanwhile; more often than this nobody does. */
const MAX_TRIES = 5;

/** @throws when the case cannot be read or written, or is decided by others all the time: hand the event in again */
export async function recordRevocation(
  event: SecretRevoked,
  desk: Pick<CaseDesk, 'get' | 'decide'>,
): Promise<Recorded> {
  const { caseId } = event;
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const known = await desk.get(caseId);
    if (known === undefined) return 'no_such_case';
    // A repetition that comes after the secret was seen again does not close the case once more.
    const isOldNews =
      known.reappearedWith !== undefined && known.reviewedAt !== undefined && known.reviewedAt >= event.at;
    if (known.status === 'revoked' || isOldNews) return 'known';
    const decided = await desk.decide({
      do: 'revoked',
      caseId,
      reviewer: 'revocation',
      reason: reasonOf(event),
      seen: known.decisions,
    });
    if (decided.ok) return 'recorded';
    if (decided.error.why === 'no_such_move') return 'judged';
    if (decided.error.why === 'no_such_case') return 'no_such_case';
  }
  throw new Error(`The case ${caseId} is being decided by others all the time.`);
}

function reasonOf({ outcome, provider, at, decidedBy = 'policy' }: SecretRevoked): string {
  return outcome === 'proven_dead'
    ? `Revoked at ${provider} by ${decidedBy}, and proven dead at ${at}.`
    : `Dead at ${provider} when it was looked at, at ${at}.`;
}
