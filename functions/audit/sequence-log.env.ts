import { z } from 'zod';

const whole = (least: number, most: number) =>
  z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(least).max(most));

export const sequenceLogEnv = z.object({
  /** Name of the DynamoDB table of what waits for the log, and of its head. */
  AUDIT_TABLE: z.string().min(1),
  /** Bucket of the log, and the one in which batches are staged. */
  LOG_BUCKET: z.string().min(1),
  WORK_BUCKET: z.string().min(1),
  /** What the log is called. */
  LOG_ORIGIN: z.string().min(1),
  /** Keys of KMS that sign: `ECC_NIST_EDWARDS25519` and `ECC_NIST_P256`. */
  ED25519_KEY: z.string().min(1),
  ECDSA_KEY: z.string().min(1),
  /** Where the entries that the policy names are told of. */
  EVENT_BUS_NAME: z.string().min(1),
  /** How long one run takes batches, in seconds by its own clock; below the schedule's minute, and the function's timeout. */
  SEQUENCE_SECONDS: whole(1, 840),
  /** From the start of one batch to that of the next, in milliseconds, while no more waits than fits into one. */
  BATCH_EVERY_MS: whole(0, 60_000),
});
