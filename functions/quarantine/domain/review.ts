/** What a reviewer asks for, and the answer in words that say what to do next. */
import type { QuarantineItem } from '../../contracts/quarantine.ts';
import type { ReviewAnswer, ReviewedCase, ReviewedFinding, reviewRequest } from '../../contracts/review.ts';
import { fromIso, toIso } from '../../kernel/clock.ts';
import type { z } from 'zod';
import type { Case, DecisionRefusal } from './case.ts';
import type { CaseDesk } from './case-book.ts';
import type { QuarantineReader } from './query-quarantine.ts';
import { reviewsFrom } from './transitions.ts';

/** Answers a request. A refusal is an answer; @throws when cases or findings cannot be read or written. */
export async function review(
  request: z.output<typeof reviewRequest>,
  { desk, reader }: { readonly desk: CaseDesk; readonly reader: QuarantineReader },
): Promise<ReviewAnswer> {
  if (request.do === 'list') {
    const page = await desk.list(request.select, pageOf(request));
    if (!page.ok) return { answer: 'refused', why: page.error, message: ANOTHER_QUESTION };
    const { cases, next } = page.value;
    return { answer: 'cases', cases: cases.map(reviewed), ...(next !== undefined && { next }) };
  }
  if (request.do === 'findings') {
    const { limit, cursor, ...bounds } = pageOf(request);
    const query = { select: request.select, order: 'newest_first' as const, ...bounds };
    const page = await reader.query(query, { limit, ...(cursor !== undefined && { cursor }) });
    if (!page.ok)
      return page.error === 'cursor_of_another_query'
        ? { answer: 'refused', why: page.error, message: ANOTHER_QUESTION }
        : { answer: 'refused', why: 'bad_request', message: 'A page has 1 to 100 findings.' };
    const { items, unreadable, next } = page.value;
    return {
      answer: 'findings',
      findings: items.map(findingOf),
      unreadable: [...unreadable],
      ...(next !== undefined && { next }),
    };
  }
  if (request.do === 'show') {
    const known = await desk.get(request.caseId);
    return known ? { answer: 'case', case: reviewed(known) } : refused({ why: 'no_such_case' }, undefined);
  }
  const decided = await desk.decide(request);
  if (decided.ok) return { answer: 'case', case: reviewed(decided.value) };
  return refused(decided.error, await desk.get(request.caseId));
}

const ANOTHER_QUESTION = 'The cursor belongs to another question. Ask for the first page again.';

interface PageWords {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
}

function pageOf({ limit, cursor, from, until }: PageWords) {
  const [fromMs, untilMs] = [from, until].map((time) => (time === undefined ? undefined : fromIso(time)));
  return {
    limit,
    ...(cursor !== undefined && { cursor }),
    ...(fromMs !== undefined && { from: fromMs }),
    ...(untilMs !== undefined && { until: untilMs }),
  };
}

function findingOf(item: QuarantineItem): ReviewedFinding {
  const { findingId, detectedAt, status, severity, secretType, redactedKey, agent, core, position } = item;
  return {
    ...{ findingId, detectedAt, status, severity, secretType, redactedKey, agent, core, position },
    onHold: item.onHold ?? false,
    ...(item.caseId !== undefined && { caseId: item.caseId }),
  };
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
