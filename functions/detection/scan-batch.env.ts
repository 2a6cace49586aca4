import { z } from 'zod';
import { retentionDaysVariable } from '../contracts/quarantine.ts';

/** Environment of the function that scans batches of entries. */
export const scanBatchEnv = z.object({
  QUARANTINE_TABLE: z.string().min(1),
  /** Key id or ARN of the KMS key (HMAC_256) under which secrets are fingerprinted. */
  FINGERPRINT_KEY_ID: z.string().min(1),
  EVIDENCE_TABLE: z.string().min(1),
  /** KMS key that evidence is sealed under. */
  EVIDENCE_KEY_ID: z.string().min(1),
  /** How long a finding is kept, in days by its severity. */
  RETENTION_DAYS: retentionDaysVariable,
  /** Table of the counters by UTC day. */
  METRICS_TABLE: z.string().min(1),
  /** Where a message goes that no later attempt could read: the entry queue's dead-letter queue. */
  REJECTED_QUEUE_URL: z.url(),
});
