import { z } from 'zod';

export const publishCasesEnv = z.object({
  /** Name of the EventBridge bus that changes of cases are announced on. */
  EVENT_BUS_NAME: z.string().min(1),
  QUARANTINE_TABLE: z.string().min(1),
});
