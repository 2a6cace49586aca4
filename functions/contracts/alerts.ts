/** Published by alerts: what a subscriber of the alert topic receives as the message. */
import { z } from 'zod';
import { severity } from './finding.ts';

export const secretLeakAlert = z.strictObject({
  event: z.literal('secret_leak_detected'),
  finding_id: z.string(),
  secret_type: z.string(),
  provider: z.string(),
  redacted_key: z.string(),
  /** `hyperlog:<position>`, or `guard:<message id>` of a message that was stopped before it was sent. */
  log_reference: z.string(),
  hypercore_key: z.string(),
  agent: z.string(),
  severity,
  confidence: z.number(),
  recommended_action: z.string(),
  /** RFC 3339, UTC: when it was detected. */
  timestamp: z.iso.datetime(),
  correlation_id: z.string(),
  fingerprint: z.string(),
});
export type SecretLeakAlert = z.infer<typeof secretLeakAlert>;
