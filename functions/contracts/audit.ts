/** What enters the audit log: read by audit, written by whoever has something to say. */
import { z } from 'zod';

/** What an entry can be about. */
export const auditEventType = z.enum([
  'code.execution',
  'security.assessment',
  'container.creation',
  'resource.violation',
  'security.event',
  'system.event',
  'finding',
  'review',
  'alert',
  'approval',
  'revocation',
  'rotation',
  'pattern.change',
  'report',
  'backup',
  'administrative.access',
]);
export type AuditEventType = z.infer<typeof auditEventType>;

/** What an entry says of data that lies beside it: never the data, nor anything that its content could be guessed from. */
export const auditCommitment = z.strictObject({
  /** Hex SHA-256 over salt and content (functions/audit/domain/commitment.ts). */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Of the content. */
  bytes: z.int().nonnegative(),
  /** RFC 3339, UTC: when salt and content are deleted. */
  expires_at: z.iso.datetime(),
});

export type AuditCommitment = z.infer<typeof auditCommitment>;

const words = (most: number) => z.string().min(1).max(most);

/** One act, as its producer tells it. It becomes one entry, however often it is handed in. */
export const auditEvent = z.strictObject({
  /** What the act is known by: the same act handed in twice has the same id. */
  id: words(256),
  /** RFC 3339, UTC: when it happened. */
  time: z.iso.datetime(),
  type: auditEventType,
  /** Who did it. */
  actor: words(256),
  /** To what. */
  subject: words(512),
  correlation_id: z.string().max(256),
  data: z.record(z.string(), z.json()),
  commitments: z.record(words(64), auditCommitment).optional(),
  /** What an auditor looks for it by, e.g. `pci-dss:10.2.1.2`: given by the policy, not by the producer. */
  tags: z.array(words(64)).max(32).optional(),
});
export type AuditEvent = z.infer<typeof auditEvent>;

/** An act as its producer hands it in: the log's policy decides what of it lies in the entry and what beside it. */
export const handedAct = auditEvent.omit({ commitments: true, tags: true }).extend({
  /** Large or personal text, by name: it comes to lie beside the log and expires there. */
  beside: z.record(words(64), z.string()).optional(),
});
export type HandedAct = z.infer<typeof handedAct>;

/** Bytes of an event as canonical JSON, at most: with what the log adds it fits the 65,535 of an entry. */
export const MAX_AUDIT_EVENT_BYTES = 64_000;

/** The outbox's index over what waits, oldest first. What is settled is in it no more. */
export const AUDIT_WAITING_INDEX = {
  name: 'waiting',
  partitionKey: 'waiting',
  sortKey: 'queuedAt',
} as const;
