import { z } from 'zod';

export const decideRevocationEnv = z.object({
  REVOCATION_TABLE: z.string().min(1),
  STATE_MACHINE_ARN: z.string().min(1),
});
