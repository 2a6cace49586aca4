import { z } from 'zod';

export const reportDayEnv = z.object({
  /** Table of the counters by UTC day. */
  METRICS_TABLE: z.string().min(1),
});
