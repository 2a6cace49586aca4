import { z } from 'zod';

/** Environment of a witness. */
export const witnessCheckpointEnv = z.object({
  /** What the witness is called: the name of its key. */
  WITNESS_NAME: z.string().min(1),
  /** Key of KMS, `ECC_NIST_EDWARDS25519`. */
  WITNESS_KEY: z.string().min(1),
  /** Name of the DynamoDB table that remembers the last head of each log. */
  WITNESS_TABLE: z.string().min(1),
  /** Keys of the logs that it watches (name+id+base64), with white space between them. */
  WITNESS_LOGS: z.string().min(1),
});
