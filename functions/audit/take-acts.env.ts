import { z } from 'zod';

/** Environment of the function behind the endpoint that takes acts of other programs in. */
export const takeActsEnv = z.object({
  /** Name of the DynamoDB table of what waits for the log. */
  AUDIT_TABLE: z.string().min(1),
  /** Bucket of what lies beside the log. */
  BESIDE_BUCKET: z.string().min(1),
  /** Function of detection that says where secrets stand. */
  FIND_SECRETS_FUNCTION: z.string().min(1),
  /** Counts each key's requests. */
  AUDIT_KEYS_TABLE: z.string().min(1),
});
