/** A rotation: what is known, what was done, who decided. Decisions are events; events make the next state. */
import { z } from 'zod';
import {
  rotationView,
  type RotationChanged,
  type RotationReason,
  type RotationStrategy,
  type RotationTrigger,
  type RotationView,
  type TestResult,
} from '../../contracts/rotation.ts';
import { toIso } from '../../kernel/clock.ts';
import { nextState } from '../../kernel/moves.ts';
import type { ProviderCall } from '../../kernel/provider-call.ts';
import type { CredentialIdentity } from './ports.ts';
import { isTerminal, ROTATION_MOVES, type Move } from './transitions.ts';

/** Calls and test results that a record keeps: the first ones say what was done, the last ones how it ended. */
const MAX_CALLS = 80;
const MAX_TESTS = 120;
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
export const rotationRecord = z.object({
  ...rotationView.shape,
  /** The secret's name. */
  pk: z.string(),
  /** Unsuccessful attempts of the step that is being taken. */
  attempts: z.int().nonnegative(),
  /** Who acts on the provider or the vault now, so that nobody else does; by its end, epoch milliseconds. */
  claim: z.object({ step: z.string(), until: z.number() }).optional(),
  /** What each consumer uses, as it said last, in whichever rotation. */
  heard: z.record(z.string(), z.object({ versionId: z.string(), at: z.string() })),
  /** The old credential was taken out of service at the beginning, or found dead there. */
  oldDead: z.boolean(),
  /** Whether `AWSCURRENT` was moved back to the old version, and since when: consumers have to follow. */
  demotedAt: z.string().optional(),
  /** Until when a retired credential may still work, epoch milliseconds. */
  deadBy: z.number().optional(),
  calls: z.array(call),
});
export type RotationRecord = z.infer<typeof rotationRecord>;

/** What happened, or was decided. */
export type RotationEvent =
  | {
      readonly type: 'planned_out';
      readonly fromVersion: string;
      readonly oldIdentity: CredentialIdentity;
    }
  | { readonly type: 'old_found_dead' }
  | { readonly type: 'identified'; readonly newIdentity: CredentialIdentity }
  | { readonly type: 'tested'; readonly results: readonly TestResult[] }
  | { readonly type: 'called'; readonly step: string; readonly calls: readonly ProviderCall[] }
  /** A step did not come to an answer and is tried again. */
  | { readonly type: 'tried' }
  | { readonly type: 'claimed'; readonly step: string; readonly until: number }
  | { readonly type: 'released' }
  | { readonly type: 'heard'; readonly consumer: string; readonly versionId: string }
  | { readonly type: 'demoted'; readonly waitsUntil: number }
  | { readonly type: 'noted'; readonly note: string }
  | { readonly type: 'deadline_set'; readonly deadBy: number }
  | {
      readonly type: 'moved';
      readonly move: Exclude<Move, 'start_again'>;
      readonly reason?: RotationReason;
      readonly note?: string;
      /** Epoch milliseconds. */
      readonly waitsUntil?: number;
    };

export interface RotationBeginning {
  readonly secret: string;
  /** 32 hex digits, drawn for this rotation. */
  readonly random: string;
  readonly trigger: RotationTrigger;
  readonly strategy: RotationStrategy;
  readonly rotator: string;
  readonly consumers: readonly string[];
  readonly manualSteps: readonly string[];
}

/** The version's id, in the form of the tokens that Secrets Manager draws. */
const versionIdOf = (random: string): string => random.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

/** @param last the secret's last rotation, which has ended; undefined for its first one */
export function begin(
  beginning: RotationBeginning,
  last: RotationRecord | undefined,
  nowMs: number,
): RotationRecord {
  if (last !== undefined && nextState(ROTATION_MOVES, 'start_again', last.status) === undefined)
    throw new Error(`A rotation was to begin while one is ${last.status}.`);
  const { secret, random, trigger, strategy, rotator, consumers, manualSteps } = beginning;
  const at = toIso(nowMs);
  return {
    pk: secret,
    secret,
    rotationId: `rot_${random}`,
    toVersion: versionIdOf(random),
    run: (last?.run ?? 0) + 1,
    revision: (last?.revision ?? 0) + 1,
    status: ROTATION_MOVES.initial,
    trigger,
    strategy,
    rotator,
    tests: [],
    consumers: consumers.map((name) => ({ name })),
    manualSteps: [...manualSteps],
    attempts: 0,
    heard: last?.heard ?? {},
    oldDead: false,
    calls: [],
    startedAt: at,
    changedAt: at,
  };
}

/**
 * The state after what happened; each write is one revision, whatever it holds.
 * @throws Error for a move that the table does not have: a fault of the program
 */
export function evolve(
  known: RotationRecord,
  events: readonly RotationEvent[],
  nowMs: number,
): RotationRecord {
  const after = events.reduce((record, event) => apply(record, event, nowMs), known);
  return { ...after, revision: known.revision + 1, changedAt: toIso(nowMs) };
}

function apply(record: RotationRecord, event: RotationEvent, nowMs: number): RotationRecord {
  const at = toIso(nowMs);
  switch (event.type) {
    case 'planned_out':
      return {
        ...record,
        fromVersion: event.fromVersion,
        oldIdentity: { ...event.oldIdentity },
        attempts: 0,
        claim: undefined,
      };
    case 'old_found_dead':
      return { ...record, oldDead: true, gap: record.gap ?? { from: at } };
    case 'identified':
      return { ...record, newIdentity: { ...event.newIdentity } };
    case 'tested':
      return { ...record, tests: kept([...record.tests, ...event.results], MAX_TESTS) };
    case 'called':
      return {
        ...record,
        calls: kept(
          [...record.calls, ...event.calls.map((each) => ({ step: event.step, ...each }))],
          MAX_CALLS,
        ),
      };
    case 'tried':
      return { ...record, attempts: record.attempts + 1, claim: undefined };
    case 'claimed':
      return { ...record, claim: { step: event.step, until: event.until } };
    case 'released':
      return { ...record, claim: undefined };
    case 'heard':
      return heard(record, event, at);
    case 'demoted':
      return { ...record, demotedAt: at, waitsUntil: toIso(event.waitsUntil), attempts: 0, claim: undefined };
    case 'noted':
      return { ...record, note: event.note.slice(0, MAX_NOTE) };
    case 'deadline_set':
      return { ...record, deadBy: event.deadBy };
    case 'moved':
      return moved(record, event, at);
  }
}

/** A consumer that is asked for this version has it; what it uses is remembered in any case. */
function heard(
  record: RotationRecord,
  { consumer, versionId }: Extract<RotationEvent, { type: 'heard' }>,
  at: string,
): RotationRecord {
  return {
    ...record,
    heard: { ...record.heard, [consumer]: { versionId, at } },
    consumers: record.consumers.map((each) =>
      each.name === consumer && versionId === record.toVersion && each.acknowledgedAt === undefined
        ? { ...each, acknowledgedAt: at }
        : each,
    ),
  };
}

const MILESTONE: Partial<
  Record<Move, 'stagedAt' | 'verifiedAt' | 'promotedAt' | 'acknowledgedAt' | 'retiredAt'>
> = {
  stage: 'stagedAt',
  verify: 'verifiedAt',
  promote: 'promotedAt',
  acknowledge: 'acknowledgedAt',
  retire: 'retiredAt',
};

function moved(
  record: RotationRecord,
  event: Extract<RotationEvent, { type: 'moved' }>,
  at: string,
): RotationRecord {
  const status = nextState(ROTATION_MOVES, event.move, record.status);
  if (status === undefined) throw new Error(`There is no move ${event.move} from ${record.status}.`);
  const milestone = MILESTONE[event.move];
  return {
    ...record,
    status,
    attempts: 0,
    // Who turns back may not be who acts: what is being done is waited for.
    claim: event.move === 'turn_back' ? record.claim : undefined,
    // Why it went back stays the reason of how it ended.
    reason: event.reason ?? (record.status === 'rolling_back' ? record.reason : undefined),
    note: event.note === undefined ? record.note : event.note.slice(0, MAX_NOTE),
    waitsUntil: event.waitsUntil === undefined ? undefined : toIso(event.waitsUntil),
    ...(milestone && { [milestone]: at }),
    ...(event.move === 'promote' && record.gap && { gap: { ...record.gap, to: at } }),
    ...(isTerminal(status) && { endedAt: at }),
  };
}

function kept<T>(all: readonly T[], most: number): T[] {
  return all.length <= most ? [...all] : [...all.slice(0, most / 2), ...all.slice(-most / 2)];
}

const viewFields = z.object(rotationView.shape);

/** What people and other contexts see of it. */
export function viewOf(record: RotationRecord): RotationView {
  return viewFields.parse(record);
}

/** The event of a change, or undefined where nothing moved: attempts, calls and claims are nobody's news. */
export function rotationChange(
  before: RotationRecord | undefined,
  after: RotationRecord,
): RotationChanged | undefined {
  if (before?.status === after.status && before.run === after.run && before.reason === after.reason)
    return undefined;
  return {
    ...viewOf(after),
    version: 1,
    ...(before?.run === after.run && { previousStatus: before.status }),
  };
}
