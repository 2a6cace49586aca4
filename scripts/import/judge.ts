import type { ReviewAnswer, ReviewRequest } from '../../functions/contracts/review.ts';
import type { ImportDependencies } from './import-records.ts';

const DECISIONS = { confirmed: 'confirm', false_positive: 'false_positive', uncertain: 'uncertain' } as const;
/** A case is counted from the table's stream, a moment after its finding was written. */
const ATTEMPTS = 15;

/**
 * Brings the older system's judgements to cases, by the desk that every reviewer uses: what was decided here stands.
 * @param ask the review function
 * @param pause waits a second
 */
export function createJudge(
  ask: (request: ReviewRequest) => Promise<ReviewAnswer>,
  pause: () => Promise<unknown>,
): ImportDependencies['judge'] {
  return async (caseId, { action, reviewer, reason }) => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const known = await ask({ do: 'show', caseId });
      if (known.answer !== 'case') {
        await pause();
        continue;
      }
      if (known.case.decisions > 0) return 'judged_before';
      const decided = await ask({
        do: DECISIONS[action],
        caseId,
        reviewer: `${reviewer.slice(0, 200)} (older system)`,
        reason: reason.slice(0, 1_000),
        seen: 0,
      });
      if (decided.answer === 'case') return 'judged';
      if (decided.answer === 'refused' && decided.why === 'decided_meanwhile') return 'judged_before';
      throw new Error(
        `The case ${caseId} could not be judged: ${decided.answer === 'refused' ? decided.message : decided.answer}`,
      );
    }
    return 'not_counted_yet';
  };
}
