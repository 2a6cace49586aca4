/** What people want done about a revocation, with the same guarantees as the policy: a refusal says what to do instead. */
import type { RevocationAnswer, RevocationRequest } from '../../contracts/revocation.ts';
import { fromIso, type Clock } from '../../kernel/clock.ts';
import { runName } from './begin-revocation.ts';
import type { RevocationStore, Workflow } from './ports.ts';
import { evolve, viewOf, type RevocationEvent, type RevocationRecord } from './revocation.ts';
import { isTerminal, next, type Move } from './transitions.ts';

export interface DeskDependencies {
  readonly store: RevocationStore;
  readonly workflow: Workflow;
  readonly clock: Clock;
}

type Decision = Extract<RevocationRequest, { by: string }>;
type Refused = Extract<RevocationAnswer, { answer: 'refused' }>;

/** What is written, and what is done about it afterwards; that may be done again. */
interface Plan {
  readonly events: readonly RevocationEvent[];
  readonly move?: Move;
  readonly then: 'start' | 'resume' | 'restore';
}

const MAX_WRITES = 5;
/**
 * Longer than a run at work leaves its record as it is: every step that is taken again writes, and the workflow's own
 * retries end within 20 minutes.
 */
const STANDSTILL_MS = 30 * 60_000;

/** Answers a request. A refusal is an answer; @throws when the record cannot be read or written. */
export async function answerAtDesk(
  request: RevocationRequest,
  { store, workflow, clock }: DeskDependencies,
): Promise<RevocationAnswer> {
  for (let attempt = 0; attempt < MAX_WRITES; attempt += 1) {
    const record = await store.get(request.caseId);
    if (record === undefined)
      return refused(
        'no_such_case',
        'No revocation of this case is known. It begins with a finding; `npm run review -- list` shows the cases.',
      );
    if (request.do === 'show') return { answer: 'revocation', revocation: viewOf(record) };
    const plan = decideAtDesk(record, request, clock.now());
    if ('answer' in plan) return { ...plan, revocation: viewOf(record) };
    const after = plan.events.length === 0 ? record : evolve(record, plan.events, clock.now());
    if (after !== record && !(await store.write(after, record.revision, plan.move))) continue;
    await carryOut(plan.then, record, after, workflow);
    return { answer: 'revocation', revocation: viewOf(after) };
  }
  throw new Error(`The revocation ${request.caseId} is being written by others all the time. Try again.`);
}

async function carryOut(
  then: Plan['then'],
  before: RevocationRecord,
  { caseId, run, revision }: RevocationRecord,
  workflow: Workflow,
): Promise<void> {
  if (then === 'start') await workflow.start(runName({ caseId, run }), { caseId, run, do: 'revoke' });
  if (then === 'restore')
    await workflow.start(`${runName({ caseId, run })}-undo-${revision}`, { caseId, run, do: 'restore' });
  // Without a token the run does not wait yet: it looks before it does.
  if (then === 'resume' && before.approvalToken !== undefined) await workflow.resume(before.approvalToken);
}

/** @param nowMs epoch milliseconds */
function decideAtDesk(record: RevocationRecord, decision: Decision, nowMs: number): Plan | Refused {
  const { by, why } = decision;
  switch (decision.do) {
    case 'approve':
    case 'reject':
      return answerTheAsked(record, decision, nowMs);
    case 'revoke': {
      const startedAgain = { type: 'started_again', by, why } as const;
      if (standsStill(record, nowMs))
        return {
          events: [{ type: 'moved', move: 'fail', reason: 'broken' }, startedAgain],
          move: 'fail',
          then: 'start',
        };
      if (record.status === 'awaiting_approval' || wasApproved(record))
        return answerTheAsked(record, { ...decision, do: 'approve' }, nowMs);
      if (!isTerminal(record.status)) {
        // Its start may have been lost; what runs already is not started twice.
        return record.status === 'pending' && record.identity === undefined
          ? { events: [], then: 'start' }
          : refused('no_such_move', `It is under way: ${record.status}. Look again in a moment.`);
      }
      if (next('start_again', record.status) === undefined)
        return refused('no_such_move', 'It is proven dead: there is nothing left to revoke.');
      if (record.claim !== undefined && record.claim.until > nowMs)
        return refused('no_such_move', 'It is being restored at this moment. Look again in a minute.');
      return { events: [startedAgain], move: 'start_again', then: 'start' };
    }
    case 'undo':
      if (next('restore', record.status) === undefined)
        return refused('no_such_move', `A revocation that is ${record.status} cannot be undone.`);
      if (!record.cleared)
        return refused(
          'cannot_restore',
          'Nothing was taken from the credential, so there is nothing to restore.',
        );
      if (!record.canRestore)
        return refused(
          'cannot_restore',
          'Its provider does not restore it, or it is restored: issue a new credential instead.',
        );
      return { events: [{ type: 'undo_asked', by, why }], then: 'restore' };
  }
}

/** Approved, and its run has not gone on yet. */
const wasApproved = ({ status, approvalToken }: RevocationRecord): boolean =>
  status === 'live' && approvalToken !== undefined;

/** Whether its run is gone without having said so: a person may start another, for the old one could only end. */
function standsStill({ status, approval, changedAt }: RevocationRecord, nowMs: number): boolean {
  if (isTerminal(status)) return false;
  const last = fromIso(status === 'awaiting_approval' ? (approval?.expiresAt ?? changedAt) : changedAt);
  return last !== undefined && nowMs - last > STANDSTILL_MS;
}

function answerTheAsked(record: RevocationRecord, decision: Decision, nowMs: number): Plan | Refused {
  const { by, why } = decision;
  // The answer stands; only its word to the run may have been lost.
  if (decision.do === 'approve' && wasApproved(record)) return { events: [], then: 'resume' };
  if (record.status !== 'awaiting_approval')
    return refused(
      'no_such_move',
      `It waits for nobody: ${record.status}${record.decidedBy === undefined ? '' : `, decided by ${record.decidedBy}`}.`,
    );
  const until = record.approval && fromIso(record.approval.expiresAt);
  if (until !== undefined && until <= nowMs)
    return refused(
      'too_late',
      'The time to answer is over and the default counts. Look again in a moment; `revoke` starts it once more.',
    );
  if (decision.do === 'reject')
    return {
      events: [
        { type: 'decided', by, why },
        { type: 'moved', move: 'hand_over', reason: 'rejected' },
      ],
      move: 'hand_over',
      then: 'resume',
    };
  return {
    events: [
      { type: 'moved', move: 'approve' },
      { type: 'cleared', by, why },
    ],
    move: 'approve',
    then: 'resume',
  };
}

function refused(why: Refused['why'], message: string): Refused {
  return { answer: 'refused', why, message };
}
