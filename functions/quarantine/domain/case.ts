/** A case: every finding of one secret, counted once each, and what people decided about it. */
import { z } from 'zod';
import { severity, type Severity } from '../../contracts/finding.ts';
import {
  IMPORTED_CORE,
  quarantineStatus,
  type CaseChanged,
  type CaseOfFinding,
  type QuarantineItem,
  type QuarantineStatus,
} from '../../contracts/quarantine.ts';
import { fromIso, toIso } from '../../kernel/clock.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { next, reviewsFrom, type Move } from './transitions.ts';

/** Places of a case that are remembered: the latest. */
export const MAX_PLACES = 20;
/** Agents of a case that are named: the first ones. */
export const MAX_AGENTS = 20;
const DAY_SECONDS = 86_400;

const place = z.object({
  findingId: z.string(),
  /** RFC 3339, UTC: when it was detected. */
  at: z.iso.datetime(),
  core: z.string(),
  fork: z.int().nonnegative(),
  position: z.int().nonnegative(),
  agent: z.string(),
});

export const quarantineCase = z.object({
  /** The case's id. */
  pk: z.string(),
  fingerprint: z.string(),
  status: quarantineStatus,
  /** Counts every write. */
  version: z.int().positive(),
  /** Counts what people decided; who decides says which one they had seen. */
  decisions: z.int().nonnegative(),
  /** RFC 3339, UTC: when the first finding that was counted had been detected. Never moves, so pages stand on it. */
  openedAt: z.iso.datetime(),
  /** RFC 3339, UTC: when status or hold changed last. */
  changedAt: z.iso.datetime(),
  /** Of the last decision. */
  reviewer: z.string().optional(),
  reason: z.string().optional(),
  reviewedAt: z.iso.datetime().optional(),
  onHold: z.boolean(),
  occurrences: z.int().positive(),
  firstSeenAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  /** Newest first. */
  places: z.array(place).max(MAX_PLACES),
  agents: z.array(z.string()).max(MAX_AGENTS),
  secretType: z.string(),
  provider: z.string(),
  /** The worst of its findings. */
  severity,
  redactedKey: z.string(),
  /** The finding by which a secret that counted as revoked was seen again, the last time that it was. */
  reappearedWith: z.string().optional(),
  /** Seconds since the epoch; absent while a legal hold is on the case. */
  expiresAt: z.int().positive().optional(),
  /** Seconds since the epoch: what `expiresAt` is without a hold. */
  keepUntil: z.int().positive(),
});
export type Case = z.infer<typeof quarantineCase>;

/** 128 bits of a keyed fingerprint: two secrets do not meet. */
export function caseIdOf(fingerprint: string): string {
  return `case_${fingerprint.slice(0, 32)}`;
}

const worse = (a: Severity, b: Severity): Severity =>
  severity.options.indexOf(a) >= severity.options.indexOf(b) ? a : b;

/**
 * Counts findings into their case. The outcome does not depend on the order in which findings are counted, but for
 * `openedAt` and for which of them reopened a case.
 * @param known the case so far
 * @param fresh findings of one fingerprint that it has not counted yet, at least one
 * @param nowMs epoch milliseconds
 */
export function countInto(
  known: Case | undefined,
  fresh: readonly [QuarantineItem, ...QuarantineItem[]],
  nowMs: number,
): Case {
  const [first] = fresh;
  let counted = known ?? opened(first, nowMs);
  let isNew = known === undefined;
  for (const item of fresh) {
    const reopens =
      counted.reviewedAt !== undefined && item.detectedAt > counted.reviewedAt
        ? next('seen_again', counted.status)
        : undefined;
    const keepUntil = Math.max(counted.keepUntil, keepUntilOf(item));
    counted = {
      ...counted,
      ...(reopens && { status: reopens, changedAt: toIso(nowMs), reappearedWith: item.findingId }),
      occurrences: counted.occurrences + (isNew ? 0 : 1),
      firstSeenAt: item.detectedAt < counted.firstSeenAt ? item.detectedAt : counted.firstSeenAt,
      lastSeenAt: item.detectedAt > counted.lastSeenAt ? item.detectedAt : counted.lastSeenAt,
      places: isNew ? counted.places : withPlace(counted.places, item),
      agents: withAgent(counted.agents, item.agent),
      severity: worse(counted.severity, item.severity),
      keepUntil,
      ...(counted.onHold ? {} : { expiresAt: keepUntil }),
    };
    isNew = false;
  }
  return { ...counted, version: known === undefined ? 1 : known.version + 1 };
}

function opened(item: QuarantineItem, nowMs: number): Case {
  return {
    pk: caseIdOf(item.fingerprint),
    fingerprint: item.fingerprint,
    status: item.stage === 'blocked-before-send' ? 'blocked_before_send' : 'pending',
    version: 1,
    decisions: 0,
    openedAt: item.detectedAt,
    changedAt: toIso(nowMs),
    onHold: false,
    occurrences: 1,
    firstSeenAt: item.detectedAt,
    lastSeenAt: item.detectedAt,
    places: [placeOf(item)],
    agents: [item.agent],
    secretType: item.secretType,
    provider: item.provider,
    severity: item.severity,
    redactedKey: item.redactedKey,
    keepUntil: keepUntilOf(item),
  };
}

/** Until when a finding is kept if nobody holds it, seconds since the epoch. */
export function keepUntilOf(item: QuarantineItem): number {
  return item.keepUntil ?? item.expiresAt ?? Math.floor((fromIso(item.detectedAt) ?? 0) / 1000);
}

const placeOf = ({
  findingId,
  detectedAt,
  core,
  fork,
  position,
  agent,
}: QuarantineItem): Case['places'][number] => ({
  findingId,
  at: detectedAt,
  core,
  fork,
  position,
  agent,
});

function withPlace(places: Case['places'], item: QuarantineItem): Case['places'] {
  return [...places, placeOf(item)]
    .sort((a, b) => b.at.localeCompare(a.at) || a.findingId.localeCompare(b.findingId))
    .slice(0, MAX_PLACES);
}

function withAgent(agents: readonly string[], agent: string): string[] {
  return agents.includes(agent) || agents.length === MAX_AGENTS ? [...agents] : [...agents, agent];
}

/** What a person decides about a case. */
export type Decision = {
  readonly caseId: string;
  readonly reviewer: string;
  readonly reason: string;
  /** The number of decisions that the reviewer knew of: with another one, somebody was faster. */
  readonly seen: number;
} & ({ readonly do: ReviewMove } | { readonly do: 'hold' | 'lift_hold' });

export const REVIEW_MOVES = [
  'confirm',
  'false_positive',
  'uncertain',
  'release',
  'revoked',
] as const satisfies Move[];
export type ReviewMove = (typeof REVIEW_MOVES)[number];

/** Why a decision is not taken. */
export type DecisionRefusal =
  | { readonly why: 'no_such_case' }
  | {
      readonly why: 'decided_meanwhile';
      /** Who was faster, and what the case is now. */
      readonly by: string;
      readonly at: string;
      readonly reason: string;
      readonly status: QuarantineStatus;
      readonly onHold: boolean;
      readonly decisions: number;
    }
  | { readonly why: 'no_such_move'; readonly status: QuarantineStatus; readonly moves: readonly string[] }
  | { readonly why: 'held_already' | 'not_held' };

/**
 * The case after a decision, or why it is not taken.
 * @param memoryDays how long a case that was judged is remembered, so that the judgement outlives its findings
 */
export function decide(
  known: Case | undefined,
  decision: Decision,
  nowMs: number,
  memoryDays: number,
): Result<Case, DecisionRefusal> {
  if (known === undefined) return err({ why: 'no_such_case' });
  if (known.decisions !== decision.seen)
    return err({
      why: 'decided_meanwhile',
      by: known.reviewer ?? 'nobody',
      at: known.reviewedAt ?? known.openedAt,
      reason: known.reason ?? '',
      status: known.status,
      onHold: known.onHold,
      decisions: known.decisions,
    });
  const at = toIso(nowMs);
  const decided: Case = {
    ...known,
    version: known.version + 1,
    decisions: known.decisions + 1,
    changedAt: at,
    reviewer: decision.reviewer,
    reason: decision.reason,
    reviewedAt: at,
    keepUntil: Math.max(known.keepUntil, Math.floor(nowMs / 1000) + memoryDays * DAY_SECONDS),
  };
  if (decision.do === 'hold') {
    if (known.onHold) return err({ why: 'held_already' });
    return ok(withExpiry({ ...decided, onHold: true }));
  }
  if (decision.do === 'lift_hold') {
    if (!known.onHold) return err({ why: 'not_held' });
    return ok(withExpiry({ ...decided, onHold: false }));
  }
  const status = next(decision.do, known.status);
  if (status === undefined)
    return err({ why: 'no_such_move', status: known.status, moves: reviewsFrom(known.status) });
  return ok(withExpiry({ ...decided, status }));
}

function withExpiry(known: Case): Case {
  return { ...known, expiresAt: known.onHold ? undefined : known.keepUntil };
}

const JUDGED_HARMLESS: ReadonlySet<QuarantineStatus> = new Set(['false_positive', 'released']);

/** What a finding's announcement says of its case. What is imported is old news and pages nobody. */
export function caseOf(counted: Case, { findingId, core }: QuarantineItem): CaseOfFinding {
  return {
    caseId: counted.pk,
    status: counted.status,
    occurrences: counted.occurrences,
    firstSeenAt: counted.firstSeenAt,
    lastSeenAt: counted.lastSeenAt,
    pages: !JUDGED_HARMLESS.has(counted.status) && !core.startsWith(IMPORTED_CORE),
    reappeared: counted.reappearedWith === findingId,
  };
}

/** What a finding shows of its case. */
export interface Shown {
  readonly caseId: string;
  readonly caseVersion: number;
  readonly status: QuarantineStatus;
  readonly reviewed: boolean;
  readonly reviewAction?: 'confirmed' | 'false_positive' | 'uncertain';
  readonly reviewer?: string;
  readonly reviewReason?: string;
  readonly reviewedAt?: string;
  readonly onHold: boolean;
}

export function shownOn(known: Case): Shown {
  const { status, reviewer, reason, reviewedAt } = known;
  const judged = status === 'confirmed' || status === 'false_positive' || status === 'uncertain';
  return {
    caseId: known.pk,
    caseVersion: known.version,
    status,
    reviewed: status !== 'pending' && status !== 'blocked_before_send',
    ...(judged && { reviewAction: status }),
    ...(reviewer !== undefined && { reviewer }),
    ...(reason !== undefined && { reviewReason: reason }),
    ...(reviewedAt !== undefined && { reviewedAt }),
    onHold: known.onHold,
  };
}

/** The event of a change, or undefined where a finding was counted and nothing else. */
export function caseChange(before: Case, after: Case): CaseChanged | undefined {
  if (before.decisions === after.decisions && before.status === after.status) return undefined;
  const decided = after.decisions > before.decisions;
  return {
    ...factsOf(after),
    status: after.status,
    previousStatus: before.status,
    reappeared: !decided && before.status === 'revoked',
    changedAt: after.changedAt,
    ...(decided && { reviewer: after.reviewer, reason: after.reason }),
  };
}

/** The event of a case that was deleted. @param deletedAtMs epoch milliseconds */
export function caseEnd(last: Case, deletedAtMs: number): CaseChanged {
  return {
    ...factsOf(last),
    caseVersion: last.version + 1,
    status: 'expired',
    previousStatus: last.status,
    reappeared: false,
    changedAt: toIso(deletedAtMs),
  };
}

function factsOf(known: Case) {
  return {
    version: 1,
    caseId: known.pk,
    caseVersion: known.version,
    fingerprint: known.fingerprint,
    onHold: known.onHold,
    openedAt: known.openedAt,
    occurrences: known.occurrences,
    firstSeenAt: known.firstSeenAt,
    lastSeenAt: known.lastSeenAt,
    agents: known.agents,
    secretType: known.secretType,
    provider: known.provider,
    severity: known.severity,
    redactedKey: known.redactedKey,
  } as const;
}
