import { z } from 'zod';

export const recordRevocationEnv = z.object({
  CASE_TABLE: z.string().min(1),
  /** Table of the counters by UTC day. */
  METRICS_TABLE: z.string().min(1),
  /** Days that a judged case is remembered after the judgement or its last finding. */
  CASE_MEMORY_DAYS: z.coerce.number<string>().int().positive(),
});
