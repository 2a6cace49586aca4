import { z } from 'zod';
import { guardPolicyVariable } from '../contracts/guard.ts';
import { retentionDaysVariable } from '../contracts/quarantine.ts';

/** Environment of the function behind the guard's endpoint. */
export const checkMessageEnv = z.object({
  QUARANTINE_TABLE: z.string().min(1),
  /** Key id or ARN of the KMS key (HMAC_256) under which secrets are fingerprinted, as by the detector. */
  FINGERPRINT_KEY_ID: z.string().min(1),
  /** How long a finding is kept, in days. */
  RETENTION_DAYS: retentionDaysVariable,
  /** What is done about what is found, by its severity. */
  GUARD_POLICY: guardPolicyVariable,
  /** Counts each key's requests. */
  GUARD_KEYS_TABLE: z.string().min(1),
});
