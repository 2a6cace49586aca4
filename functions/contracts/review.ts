/** What the review function is asked and answers: by the command line now, by the console later. */
import { z } from 'zod';
import { severity } from './finding.ts';
import { quarantineStatus } from './quarantine.ts';

/** Names of the case table's indexes; every one sorts by `openedAt`, which never moves, so pages are stable. */
export const CASE_INDEXES = {
  byStatus: { name: 'byStatus', partitionKey: 'status' },
  bySeverity: { name: 'bySeverity', partitionKey: 'severity' },
  bySecretType: { name: 'bySecretType', partitionKey: 'secretType' },
} as const;

const caseId = z.string().regex(/^case_[0-9a-f]{32}$/);
/** Words of a person, for the audit. */
const words = (most: number) => z.string().trim().min(1).max(most);

const select = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('status'), value: quarantineStatus }),
  z.strictObject({ by: z.literal('severity'), value: severity }),
  z.strictObject({ by: z.literal('secretType'), value: z.string().min(1) }),
]);

/** A page of a list: `from` on and before `until`, RFC 3339; its cursor works for the same question only. */
const page = {
  from: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
  limit: z.int().min(1).max(100).default(25),
  cursor: z.string().optional(),
};

/** What findings can be asked for by. */
const selectFindings = z.discriminatedUnion('by', [
  ...select.options,
  z.strictObject({ by: z.literal('agent'), value: z.string().min(1) }),
  z.strictObject({ by: z.literal('fingerprint'), value: z.string().regex(/^[0-9a-f]{64}$/) }),
]);

export const DECISIONS = [
  'confirm',
  'false_positive',
  'uncertain',
  'release',
  'revoked',
  'hold',
  'lift_hold',
] as const;

export const reviewRequest = z.discriminatedUnion('do', [
  /** Cases, by when they were opened. */
  z.strictObject({ do: z.literal('list'), select, ...page }),
  /** Single findings, by when they were detected. */
  z.strictObject({ do: z.literal('findings'), select: selectFindings, ...page }),
  z.strictObject({ do: z.literal('show'), caseId }),
  z.strictObject({
    do: z.enum(DECISIONS),
    caseId,
    reviewer: words(256),
    reason: words(1024),
    /** `decisions` of the case as the reviewer saw it: who decides on an older state is told who was faster. */
    seen: z.int().nonnegative(),
  }),
]);
export type ReviewRequest = z.input<typeof reviewRequest>;

const time = z.iso.datetime();
export const reviewedCase = z.object({
  caseId: z.string(),
  status: quarantineStatus,
  decisions: z.int().nonnegative(),
  onHold: z.boolean(),
  secretType: z.string(),
  provider: z.string(),
  severity,
  redactedKey: z.string(),
  fingerprint: z.string(),
  occurrences: z.int().positive(),
  firstSeenAt: time,
  lastSeenAt: time,
  agents: z.array(z.string()),
  /** The latest, newest first. */
  places: z.array(
    z.object({
      findingId: z.string(),
      at: time,
      core: z.string(),
      fork: z.int(),
      position: z.int(),
      agent: z.string(),
    }),
  ),
  reviewer: z.string().optional(),
  reason: z.string().optional(),
  reviewedAt: time.optional(),
  /** What may be decided now. */
  moves: z.array(z.string()),
  /** RFC 3339, UTC; absent while a legal hold is on it. */
  expiresAt: time.optional(),
});
export type ReviewedCase = z.infer<typeof reviewedCase>;

export const reviewedFinding = z.object({
  findingId: z.string(),
  detectedAt: time,
  status: quarantineStatus,
  onHold: z.boolean(),
  severity,
  secretType: z.string(),
  redactedKey: z.string(),
  agent: z.string(),
  core: z.string(),
  position: z.int(),
  /** Absent until the finding has been counted into its case. */
  caseId: z.string().optional(),
});
export type ReviewedFinding = z.infer<typeof reviewedFinding>;

export const reviewAnswer = z.discriminatedUnion('answer', [
  z.object({ answer: z.literal('cases'), cases: z.array(reviewedCase), next: z.string().optional() }),
  z.object({
    answer: z.literal('findings'),
    findings: z.array(reviewedFinding),
    /** Ids of items that are there and cannot be read. */
    unreadable: z.array(z.string()),
    next: z.string().optional(),
  }),
  z.object({ answer: z.literal('case'), case: reviewedCase }),
  /** Expected, and for the person who asked: nothing was changed. */
  z.object({
    answer: z.literal('refused'),
    why: z.enum([
      'bad_request',
      'no_such_case',
      'decided_meanwhile',
      'no_such_move',
      'held_already',
      'not_held',
      'cursor_of_another_query',
    ]),
    message: z.string(),
    /** The case as it is now, where there is one. */
    case: reviewedCase.optional(),
  }),
]);
export type ReviewAnswer = z.infer<typeof reviewAnswer>;
