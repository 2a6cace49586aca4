/** A revocation: what is known, what was done, who decided. Decisions are events; events make the next state. */
import { z } from 'zod';
import { severity } from '../../contracts/finding.ts';
import {
  revocationReason,
  revocationView,
  type RevocationChanged,
  type RevocationReason,
  type RevocationView,
  type SecretRevoked,
} from '../../contracts/revocation.ts';
import { toIso } from '../../kernel/clock.ts';
import type { CredentialIdentity, ProviderCall, Use } from './provider.ts';
import { INITIAL_STATE, isTerminal, next, type Move } from './transitions.ts';

/** Calls that a record keeps: the first ones say what was done, the last ones how it ended. */
const MAX_CALLS = 60;
const MAX_USES = 100;
/** Of what a provider said, in characters. */
const MAX_NOTE = 500;

const call = z.object({
  step: z.string(),
  request: z.string(),
  answer: z.string(),
  at: z.string(),
  tookMs: z.number(),
});

/** As it rests: what people see, and what only the workflow needs. Tolerates what a newer writer adds. */
export const revocationRecord = z.object({
  ...revocationView.shape,
  pk: z.string(),
  /** May be revoked: the policy or a person has said so. */
  cleared: z.boolean(),
  startedWhy: z.string().optional(),
  decidedWhy: z.string().optional(),
  /** Lets the waiting run go on; kept until it does, so that an answer whose word to the run was lost can be given again. */
  approvalToken: z.string().optional(),
  /** Unsuccessful attempts of the step that is being taken. */
  attempts: z.int().nonnegative(),
  /** Who calls the provider now, so that no second one does; by its end, epoch milliseconds. */
  claim: z.object({ step: z.string(), until: z.number() }).optional(),
  /** What a person wants undone. */
  undo: z.object({ by: z.string(), why: z.string() }).optional(),
  /** Until when a revoked credential may still work, epoch milliseconds. */
  deadBy: z.number().optional(),
  calls: z.array(call),
  /** Seconds since the epoch: when the record may go. */
  expiresAt: z.int().positive(),
});
export type RevocationRecord = z.infer<typeof revocationRecord>;

/** What a revocation begins with. */
export const leakFacts = z.object({
  caseId: z.string(),
  secretType: z.string(),
  provider: z.string(),
  severity,
  redactedKey: z.string(),
  fingerprint: z.string(),
  findingId: z.string(),
  correlationId: z.string(),
  manualSteps: z.array(z.string()),
});
export type LeakFacts = z.infer<typeof leakFacts>;

/** What happened, or was decided. */
export type RevocationEvent =
  | { readonly type: 'identified'; readonly identity: CredentialIdentity; readonly canRestore: boolean }
  | { readonly type: 'looked'; readonly lastSeen: 'live' | 'dead' | 'unknown' }
  | { readonly type: 'uses_seen'; readonly uses: readonly Use[] }
  | { readonly type: 'called'; readonly step: string; readonly calls: readonly ProviderCall[] }
  /** A step did not come to an answer and is tried again. */
  | { readonly type: 'tried' }
  | { readonly type: 'claimed'; readonly step: string; readonly until: number }
  | { readonly type: 'released' }
  | { readonly type: 'cleared'; readonly by: string; readonly why?: string; readonly rule?: string }
  | { readonly type: 'decided'; readonly by: string; readonly why: string }
  | { readonly type: 'offered'; readonly token: string }
  | { readonly type: 'noted'; readonly note: string }
  /** It is a managed secret's: what replaces it, and until when that is waited for at most. */
  | { readonly type: 'replacement_begun'; readonly replacement: NonNullable<RevocationView['replacement']> }
  /** It is waited for no longer, and `note` says why where it has not come. */
  | { readonly type: 'replacement_over'; readonly note?: string }
  | { readonly type: 'undo_asked'; readonly by: string; readonly why: string }
  | { readonly type: 'undo_failed'; readonly note: string }
  | { readonly type: 'started_again'; readonly by: string; readonly why: string }
  | { readonly type: 'deadline_set'; readonly deadBy: number }
  | {
      readonly type: 'moved';
      readonly move: Exclude<Move, 'start_again'>;
      readonly reason?: RevocationReason;
      readonly note?: string;
      readonly rule?: string;
      readonly approval?: RevocationRecord['approval'];
    };

/** The state of a revocation that nobody has looked into yet. */
export function begin(facts: LeakFacts, nowMs: number, keptDays: number): RevocationRecord {
  const at = toIso(nowMs);
  return {
    ...facts,
    pk: facts.caseId,
    run: 1,
    revision: 1,
    status: INITIAL_STATE,
    lastSeen: 'unknown',
    cleared: false,
    canRestore: false,
    attempts: 0,
    calls: [],
    startedAt: at,
    changedAt: at,
    expiresAt: Math.floor(nowMs / 1000) + keptDays * 86_400,
  };
}

/**
 * The state after what happened; each write is one revision, whatever it holds.
 * @throws Error for a move that the table does not have: a fault of the program
 */
export function evolve(
  known: RevocationRecord,
  events: readonly RevocationEvent[],
  nowMs: number,
): RevocationRecord {
  const after = events.reduce((record, event) => apply(record, event, nowMs), known);
  return { ...after, revision: known.revision + 1, changedAt: toIso(nowMs) };
}

function apply(record: RevocationRecord, event: RevocationEvent, nowMs: number): RevocationRecord {
  const at = toIso(nowMs);
  switch (event.type) {
    case 'identified':
      return {
        ...record,
        identity: { ...event.identity },
        canRestore: event.canRestore,
        identifiedAt: at,
        attempts: 0,
      };
    case 'looked':
      return { ...record, lastSeen: event.lastSeen };
    case 'uses_seen':
      return { ...record, uses: event.uses.slice(0, MAX_USES) };
    case 'called':
      return { ...record, calls: withCalls(record.calls, event) };
    case 'tried':
      return { ...record, attempts: record.attempts + 1, claim: undefined };
    case 'claimed':
      return { ...record, claim: { step: event.step, until: event.until } };
    case 'released':
      return { ...record, claim: undefined };
    case 'cleared':
      return {
        ...record,
        cleared: true,
        decidedBy: event.by,
        decidedWhy: event.why,
        ...(event.rule !== undefined && { rule: event.rule }),
      };
    case 'decided':
      return { ...record, decidedBy: event.by, decidedWhy: event.why };
    case 'offered':
      return { ...record, approvalToken: event.token };
    case 'noted':
      return { ...record, note: event.note.slice(0, MAX_NOTE) };
    case 'replacement_begun':
      return { ...record, replacement: event.replacement, attempts: 0 };
    case 'replacement_over':
      return {
        ...record,
        attempts: 0,
        ...(record.replacement && { replacement: { ...record.replacement, waitsUntil: undefined } }),
        ...(event.note !== undefined && { note: event.note.slice(0, MAX_NOTE) }),
      };
    case 'undo_asked':
      return { ...record, undo: { by: event.by, why: event.why }, attempts: 0 };
    case 'undo_failed':
      return { ...record, undo: undefined, claim: undefined, note: event.note.slice(0, MAX_NOTE) };
    case 'deadline_set':
      return { ...record, deadBy: event.deadBy };
    case 'started_again':
      return startedAgain(record, event, at);
    case 'moved':
      return moved(record, event, at);
  }
}

const MILESTONE: Partial<
  Record<Move, 'provenLiveAt' | 'containedAt' | 'revokedAt' | 'provenDeadAt' | 'restoredAt'>
> = {
  prove_live: 'provenLiveAt',
  contain: 'containedAt',
  revoke: 'revokedAt',
  prove_dead: 'provenDeadAt',
  restore: 'restoredAt',
};

function moved(
  record: RevocationRecord,
  event: Extract<RevocationEvent, { type: 'moved' }>,
  at: string,
): RevocationRecord {
  const status = next(event.move, record.status);
  if (status === undefined) throw new Error(`There is no move ${event.move} from ${record.status}.`);
  const milestone = MILESTONE[event.move];
  return {
    ...record,
    status,
    attempts: 0,
    claim: undefined,
    reason: event.reason,
    note: event.note === undefined ? record.note : event.note.slice(0, MAX_NOTE),
    approval: event.approval,
    approvalToken: event.move === 'approve' ? record.approvalToken : undefined,
    ...(event.rule !== undefined && { rule: event.rule }),
    ...(milestone && { [milestone]: at }),
    ...(event.move === 'restore' && { undo: undefined, canRestore: false }),
  };
}

/** What the last run learnt may have changed since, so nothing of it is taken for known; its calls stay. */
function startedAgain(
  record: RevocationRecord,
  { by, why }: { readonly by: string; readonly why: string },
  at: string,
): RevocationRecord {
  const { pk, run, revision, secretType, provider, severity: worst, redactedKey, fingerprint } = record;
  const { caseId, findingId, correlationId, calls, expiresAt, manualSteps } = record;
  const status = next('start_again', record.status);
  if (status === undefined) throw new Error(`There is no move start_again from ${record.status}.`);
  return {
    ...{ pk, caseId, revision, status, secretType, provider, severity: worst, redactedKey, fingerprint },
    ...{ findingId, correlationId, calls, expiresAt, manualSteps, startedBy: by, startedWhy: why },
    ...{ run: run + 1, lastSeen: 'unknown', cleared: false, canRestore: false, attempts: 0 },
    startedAt: at,
    changedAt: at,
  };
}

function withCalls(
  known: RevocationRecord['calls'],
  { step, calls }: { readonly step: string; readonly calls: readonly ProviderCall[] },
): RevocationRecord['calls'] {
  const all = [...known, ...calls.map((each) => ({ step, ...each }))];
  if (all.length <= MAX_CALLS) return all;
  return [...all.slice(0, MAX_CALLS / 2), ...all.slice(-MAX_CALLS / 2)];
}

/** Reasons of an end that a person is expected to continue from with the same evidence. */
const CONTINUED: ReadonlySet<RevocationReason> = new Set([
  'approval_expired',
  'notify_only',
  'dry_run',
  'refused_by_provider',
]);

/** Whether the evidence is of no more use: the credential is dead, or nobody is to revoke it here. */
export function isEvidenceSpent({ status, reason }: Pick<RevocationRecord, 'status' | 'reason'>): boolean {
  if (status === 'failed' || !isTerminal(status)) return false;
  return status !== 'manual' || reason === undefined || !CONTINUED.has(reason);
}

const viewFields = z.object(revocationView.shape);

/** What people and other contexts see of it. */
export function viewOf(record: RevocationRecord): RevocationView {
  return viewFields.parse(record);
}

const URGENT: ReadonlySet<RevocationReason> = new Set(['protected', 'still_alive']);

/** The event of a change, or undefined where nothing moved: attempts, calls and claims are nobody's news. */
export function revocationChange(
  before: RevocationRecord | undefined,
  after: RevocationRecord,
): RevocationChanged | undefined {
  if (before?.status === after.status && before.run === after.run && before.reason === after.reason)
    return undefined;
  return {
    ...viewOf(after),
    version: 1,
    ...(before && { previousStatus: before.status }),
    urgent: after.reason !== undefined && URGENT.has(revocationReason.parse(after.reason)),
  };
}

/** What the change says to those who wait for the credential's death; undefined where it is not dead. */
export function deathOf(change: RevocationChanged): SecretRevoked | undefined {
  const { status, caseId, run, fingerprint, secretType, provider, decidedBy, changedAt } = change;
  if (status !== 'proven_dead' && status !== 'not_live') return undefined;
  return {
    version: 1,
    eventId: `${caseId}#${run}#${status}`,
    at: change.provenDeadAt ?? changedAt,
    ...{ caseId, fingerprint, secretType, provider, outcome: status },
    ...(decidedBy !== undefined && { decidedBy }),
  };
}
