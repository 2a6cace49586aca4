import { z } from 'zod';

export const beginRevocationEnv = z.object({
  REVOCATION_TABLE: z.string().min(1),
  STATE_MACHINE_ARN: z.string().min(1),
  /** Days that the record of a revocation is kept. */
  KEPT_DAYS: z.coerce.number<string>().int().positive(),
});
