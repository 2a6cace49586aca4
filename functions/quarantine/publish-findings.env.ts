import { z } from 'zod';

export const publishFindingsEnv = z.object({
  /** Name of the EventBridge bus that findings are announced on. */
  EVENT_BUS_NAME: z.string().min(1),
  QUARANTINE_TABLE: z.string().min(1),
  CASE_TABLE: z.string().min(1),
  /** Table of the counters by UTC day. */
  METRICS_TABLE: z.string().min(1),
});
