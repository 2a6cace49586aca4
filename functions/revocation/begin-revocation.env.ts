import { z } from 'zod';
import { providersEnv } from './providers.env.ts';

export const beginRevocationEnv = providersEnv.extend({
  REVOCATION_TABLE: z.string().min(1),
  EVIDENCE_TABLE: z.string().min(1),
  STATE_MACHINE_ARN: z.string().min(1),
  /** Days that the record of a revocation is kept. */
  KEPT_DAYS: z.coerce.number<string>().int().positive(),
});
