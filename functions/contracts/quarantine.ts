/**
 * Published by quarantine: the item at rest, which detection writes and nobody downstream reads from the table,
 * and the events on the bus: a finding came in, its case moved on, a finding was deleted.
 */
import { z } from 'zod';
import { finding, reviewAction, severity, type Finding, type Severity } from './finding.ts';

/** Where the case of a finding stands; functions/quarantine/README.md shows what leads from one to the other. */
export const quarantineStatus = z.enum([
  'pending',
  'blocked_before_send',
  'confirmed',
  'false_positive',
  'uncertain',
  'released',
  'revoked',
]);
export type QuarantineStatus = z.infer<typeof quarantineStatus>;

/**
 * One item per finding; the key is the finding's id, so that a second detection of it is refused by the write's
 * condition. Status, review and hold are those of the finding's case, brought here when the case moves.
 */
export const quarantineItem = finding.extend({
  pk: z.string(),
  status: quarantineStatus,
  reviewed: z.boolean(),
  reviewAction: reviewAction.optional(),
  reviewer: z.string().optional(),
  reviewReason: z.string().optional(),
  reviewedAt: z.iso.datetime().optional(),
  /** Absent until the finding has been counted into its case. */
  caseId: z.string().optional(),
  /** Version of the case that this item shows. */
  caseVersion: z.int().positive().optional(),
  onHold: z.boolean().optional(),
  /** Seconds since the epoch: DynamoDB deletes the item some time after it. Absent while a legal hold is on it. */
  expiresAt: z.int().positive().optional(),
  /** Seconds since the epoch: what `expiresAt` is without a hold. */
  keepUntil: z.int().positive().optional(),
});
export type QuarantineItem = z.infer<typeof quarantineItem>;

/** The item that a new finding becomes. */
export function toQuarantineItem(found: Finding, retentionDays: number): QuarantineItem {
  return {
    ...found,
    pk: found.findingId,
    status: 'pending',
    reviewed: false,
    expiresAt: Math.floor(Date.parse(found.detectedAt) / 1000) + retentionDays * 86_400,
  };
}

/** What stands before a `core` that is no log: findings that came from an older system's quarantine. */
export const IMPORTED_CORE = 'import:';

/** Days that a finding is kept, by its severity. */
export type RetentionDays = Readonly<Record<Severity, number>>;

const days = z.coerce.number<string>().int().positive();

/** A function's environment variable that holds {@link RetentionDays}: `LOW=31,MEDIUM=31,HIGH=31,CRITICAL=31`. */
export const retentionDaysVariable = z
  .string()
  .transform((text): unknown => Object.fromEntries(text.split(',').map((pair) => pair.split('=', 2))))
  .pipe(z.strictObject({ LOW: days, MEDIUM: days, HIGH: days, CRITICAL: days }));

/** What {@link retentionDaysVariable} reads. */
export function retentionDaysText(retention: RetentionDays): string {
  return severity.options.map((each) => `${each}=${retention[each]}`).join(',');
}

/** Names of the table's indexes; every one sorts by `detectedAt`. */
export const QUARANTINE_INDEXES = {
  byStatus: { name: 'byStatus', partitionKey: 'status' },
  bySecretType: { name: 'bySecretType', partitionKey: 'secretType' },
  byAgent: { name: 'byAgent', partitionKey: 'agent' },
  byFingerprint: { name: 'byFingerprint', partitionKey: 'fingerprint' },
  bySeverity: { name: 'bySeverity', partitionKey: 'severity' },
} as const;

export const QUARANTINE_EVENT_SOURCE = 'shhh.quarantine';
export const SECRET_QUARANTINED = 'SecretQuarantined';
export const CASE_CHANGED = 'CaseChanged';
export const FINDING_EXPIRED = 'FindingExpired';

/** What a finding is an occurrence of: every finding with one fingerprint is one case. */
const caseOfFinding = z.strictObject({
  /** `case_` and 32 hex digits of the fingerprint. */
  caseId: z.string(),
  status: quarantineStatus,
  /** Findings of the case so far, this one included. */
  occurrences: z.int().positive(),
  /** RFC 3339, UTC. */
  firstSeenAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  /** False where a person has judged the case harmless: tell nobody again. */
  pages: z.boolean(),
  /** A secret that counted as revoked was seen again. */
  reappeared: z.boolean(),
});
export type CaseOfFinding = z.infer<typeof caseOfFinding>;

/** Detail of `SecretQuarantined`. At least once; `findingId` is what to deduplicate by. */
export const secretQuarantined = finding.extend({
  version: z.literal(1),
  /** Absent in events from before there were cases. */
  case: caseOfFinding.optional(),
});
export type SecretQuarantined = z.infer<typeof secretQuarantined>;

/**
 * Detail of `CaseChanged`: a review, a legal hold set or lifted, a revoked secret seen again, the end of the case.
 * At least once; `caseId` with `openedAt` and `caseVersion` is what to deduplicate and to order by.
 */
export const caseChanged = z.strictObject({
  version: z.literal(1),
  caseId: z.string(),
  caseVersion: z.int().positive(),
  fingerprint: z.string(),
  /** `expired`: the case and what is left of it were deleted. */
  status: z.enum([...quarantineStatus.options, 'expired']),
  previousStatus: quarantineStatus,
  onHold: z.boolean(),
  /** A secret that counted as revoked was seen again: this change is that, and somebody should know at once. */
  reappeared: z.boolean(),
  /** RFC 3339, UTC. */
  openedAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
  /** Who changed it; absent where a finding or time did. */
  reviewer: z.string().optional(),
  reason: z.string().optional(),
  occurrences: z.int().positive(),
  firstSeenAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  /** Some of the agents that leaked it, at most 20. */
  agents: z.array(z.string()),
  secretType: z.string(),
  provider: z.string(),
  severity,
  redactedKey: z.string(),
});
export type CaseChanged = z.infer<typeof caseChanged>;

/**
 * Detail of `FindingExpired`, the tombstone: what was deleted, when and why, without any of its content.
 * At least once; `findingId` is what to deduplicate by.
 */
export const findingExpired = z.strictObject({
  version: z.literal(1),
  findingId: z.string(),
  caseId: z.string().optional(),
  correlationId: z.string(),
  core: z.string(),
  fork: z.int().nonnegative(),
  position: z.int().nonnegative(),
  rule: z.string(),
  secretType: z.string(),
  severity,
  fingerprint: z.string(),
  detectedAt: z.iso.datetime(),
  /** RFC 3339, UTC: when it was due; absent where it had no expiry. */
  dueAt: z.iso.datetime().optional(),
  /** RFC 3339, UTC: when it was gone. */
  deletedAt: z.iso.datetime(),
  /** `expired`: its time was over. `deleted`: by somebody, before that. */
  cause: z.enum(['expired', 'deleted']),
  status: quarantineStatus,
  reviewer: z.string().optional(),
  reviewedAt: z.iso.datetime().optional(),
});
export type FindingExpired = z.infer<typeof findingExpired>;
