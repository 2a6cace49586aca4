/** Words that detection, quarantine and everything behind them share about a finding. */
import { z } from 'zod';

export const severity = z.enum(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']);
export type Severity = z.infer<typeof severity>;

/**
 * Where a secret was caught. A message that was stopped stands in no log: its `core` is then the digest of its agent and
 * id, `fork` and `position` are 0, and `offset` counts from the message's first byte.
 */
const findingStage = z.enum(['found-in-log', 'blocked-before-send']);

export const reviewAction = z.enum(['false_positive', 'confirmed', 'uncertain']);

/**
 * A finding as it rests in the quarantine: what leaked and where, never the secret.
 * `fingerprint` is hex HMAC-SHA-256 of the secret under a KMS key, or under a guard's own key where a guard beside the
 * agent stopped it: then it only matches the fingerprints of guards with the same key (docs/decisions/0020).
 */
export const finding = z.strictObject({
  findingId: z.string().regex(/^fnd_[0-9a-f]{32}$/),
  /** Absent: found in a log. */
  stage: findingStage.optional(),
  /** RFC 3339, UTC: when the detector found it. */
  detectedAt: z.iso.datetime(),
  /** RFC 3339 as the agent wrote it; absent where the entry has no readable time. */
  entryTimestamp: z.string().optional(),
  core: z.string(),
  fork: z.int().nonnegative(),
  /** Index of the entry in its log. */
  position: z.int().nonnegative(),
  /** Where the secret stands in the entry, in bytes. */
  offset: z.int().nonnegative(),
  length: z.int().positive(),
  correlationId: z.string(),
  /** `data.id`, `message_id` or the hash of the entry; absent where the entry carries none. */
  messageId: z.string().max(256).optional(),
  /** The peer that wrote the entry; `unknown` where the entry does not say. */
  agent: z.string().min(1).max(256),
  /** The entry's `type`; absent where it has none. */
  entryType: z.string().max(256).optional(),
  rule: z.string(),
  secretType: z.string(),
  provider: z.string(),
  severity,
  confidence: z.number().min(0).max(1),
  /**
   * What had to be undone to see the secret, outermost first, e.g. `escapes base64`; `offset` and `length` are those of
   * what stands in the entry. Absent where the secret stands there plainly.
   */
  disguise: z.string().min(1).max(256).optional(),
  /** First and last characters of the secret, e.g. `AKIA****MPLE`. */
  redactedKey: z.string(),
  /** The entry around the finding with every secret in it cut out; at most 4 KiB. */
  redactedContent: z.string(),
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Finding = z.infer<typeof finding>;
