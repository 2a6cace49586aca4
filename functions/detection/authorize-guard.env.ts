import { z } from 'zod';

/** Environment of the function that decides who may ask the guard's endpoint. */
export const authorizeGuardEnv = z.object({
  GUARD_KEYS_TABLE: z.string().min(1),
});
