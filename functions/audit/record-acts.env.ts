import { z } from 'zod';

export const recordActsEnv = z.object({
  /** Name of the DynamoDB table of what waits for the log. */
  AUDIT_TABLE: z.string().min(1),
});
