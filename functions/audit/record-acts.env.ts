import { z } from 'zod';

export const recordActsEnv = z.object({
  /** Name of the DynamoDB table of what waits for the log. */
  AUDIT_TABLE: z.string().min(1),
  /** Bucket of what lies beside the log. */
  BESIDE_BUCKET: z.string().min(1),
  /** Function of detection that says where secrets stand. */
  FIND_SECRETS_FUNCTION: z.string().min(1),
});
