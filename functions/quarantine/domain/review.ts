/** What a reviewer asks for, and the answer in words that say what to do next. */
import type { ReviewAnswer, ReviewedCase, reviewRequest } from '../../contracts/review.ts';
import { toIso } from '../../kernel/clock.ts';
import type { z } from 'zod';
import type { Case, DecisionRefusal } from './case.ts';
import type { CaseDesk } from './case-book.ts';
import { reviewsFrom } from './transitions.ts';

/** Answers a request. A refusal is an answer; @throws when the cases cannot be read or written. */
export async function review(request: z.output<typeof reviewRequest>, desk: CaseDesk): Promise<ReviewAnswer> {
  if (request.do === 'list') {
    const page = await desk.list(request.select, {
      limit: request.limit,
      ...(request.cursor !== undefined && { cursor: request.cursor }),
    });
    if (!page.ok)
      return {
        answer: 'refused',
        why: page.error,
        message: 'The cursor belongs to another question. Ask for the first page again.',
      };
    const { cases, next } = page.value;
    return { answer: 'cases', cases: cases.map(reviewed), ...(next !== undefined && { next }) };
  }
  if (request.do === 'show') {
    const known = await desk.get(request.caseId);
    return known ? { answer: 'case', case: reviewed(known) } : refused({ why: 'no_such_case' }, undefined);
  }
  const decided = await desk.decide(request);
  if (decided.ok) return { answer: 'case', case: reviewed(decided.value) };
  return refused(decided.error, await desk.get(request.caseId));
}

function refused(refusal: DecisionRefusal, known: Case | undefined): ReviewAnswer {
  return {
    answer: 'refused',
    why: refusal.why,
    message: messageOf(refusal),
    ...(known && { case: reviewed(known) }),
  };
}

function messageOf(refusal: DecisionRefusal): string {
  switch (refusal.why) {
    case 'no_such_case':
      return 'There is no such case; it may have expired. List the cases again.';
    case 'decided_meanwhile':
      return `${refusal.by} decided at ${refusal.at}: ${refusal.status}${refusal.onHold ? ', on hold' : ''} (${refusal.reason}). Nothing of yours was written. Look at the case again and decide on what it is now.`;
    case 'no_such_move':
      return `The case is ${refusal.status} and from there it can become: ${refusal.moves.join(', ')}.`;
    case 'held_already':
      return 'A legal hold is on the case already.';
    case 'not_held':
      return 'No legal hold is on the case.';
  }
}

function reviewed(known: Case): ReviewedCase {
  const { pk, status, decisions, onHold, secretType, provider, severity, redactedKey, fingerprint } = known;
  const { occurrences, firstSeenAt, lastSeenAt, agents, places, reviewer, reason, reviewedAt } = known;
  return {
    caseId: pk,
    ...{ status, decisions, onHold, secretType, provider, severity, redactedKey, fingerprint },
    ...{ occurrences, firstSeenAt, lastSeenAt, agents, places },
    ...(reviewer !== undefined && { reviewer }),
    ...(reason !== undefined && { reason }),
    ...(reviewedAt !== undefined && { reviewedAt }),
    moves: [...reviewsFrom(status), onHold ? 'lift_hold' : 'hold'],
    ...(known.expiresAt !== undefined && { expiresAt: toIso(known.expiresAt * 1000) }),
  };
}
