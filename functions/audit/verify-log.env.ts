import { z } from 'zod';

export const verifyLogEnv = z.object({
  /** Name of the DynamoDB table that remembers the checkpoint which was verified last. */
  AUDIT_TABLE: z.string().min(1),
  LOG_BUCKET: z.string().min(1),
  LOG_ORIGIN: z.string().min(1),
  /** Keys of KMS whose public parts the log is verified under. */
  ED25519_KEY: z.string().min(1),
  ECDSA_KEY: z.string().min(1),
  /** Where a deviation is told of. */
  EVENT_BUS_NAME: z.string().min(1),
});
