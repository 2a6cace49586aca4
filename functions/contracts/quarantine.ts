/**
 * Published by quarantine: the item at rest, which detection writes and nobody downstream reads from the table,
 * and the event that its insertion becomes on the bus.
 */
import { z } from 'zod';
import { finding, reviewAction, type Finding } from './finding.ts';

export const quarantineStatus = z.enum(['pending', 'reviewed']);

/** One item per finding; the key is the finding's id, so that a second detection of it is refused by the write's condition. */
export const quarantineItem = finding.extend({
  pk: z.string(),
  status: quarantineStatus,
  reviewed: z.boolean(),
  reviewAction: reviewAction.optional(),
  reviewer: z.string().optional(),
  reviewedAt: z.iso.datetime().optional(),
  /** Seconds since the epoch: DynamoDB deletes the item some time after it. */
  expiresAt: z.int().positive(),
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

/** Names of the table's indexes; every one sorts by `detectedAt`. */
export const QUARANTINE_INDEXES = {
  byStatus: { name: 'byStatus', partitionKey: 'status' },
  bySecretType: { name: 'bySecretType', partitionKey: 'secretType' },
  byAgent: { name: 'byAgent', partitionKey: 'agent' },
  byFingerprint: { name: 'byFingerprint', partitionKey: 'fingerprint' },
} as const;

export const QUARANTINE_EVENT_SOURCE = 'shhh.quarantine';
export const SECRET_QUARANTINED = 'SecretQuarantined';

/** Detail of `SecretQuarantined`. At least once; `findingId` is what to deduplicate by. */
export const secretQuarantined = finding.extend({ version: z.literal(1) });
export type SecretQuarantined = z.infer<typeof secretQuarantined>;
