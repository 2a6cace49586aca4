/** Published by audit once an entry stands under a published checkpoint, for the kinds that the policy names. At least once. */
import { z } from 'zod';

export const AUDIT_EVENT_SOURCE = 'shhh.audit';
export const AUDIT_ENTRY_PUBLISHED = 'AuditEntryPublished';

export const auditEntryPublished = z.object({
  /** What to deduplicate by. */
  eventId: z.string().min(1).max(128),
  /** RFC 3339, UTC: when it happened, as its producer says. */
  at: z.iso.datetime(),
  /** Its place in the log: `npx shhh-audit get LOG <seq>` shows the rest, with its proof. */
  seq: z.int().nonnegative(),
  id: z.string(),
  type: z.string(),
  actor: z.string(),
  subject: z.string(),
  correlationId: z.string(),
  tags: z.array(z.string()),
});
export type AuditEntryPublished = z.infer<typeof auditEntryPublished>;
