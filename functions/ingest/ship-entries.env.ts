import { z } from 'zod';

export const shipEntriesEnv = z.object({
  /** Name of the DynamoDB table of peers, lease, checkpoints and statuses. */
  INGEST_TABLE: z.string().min(1),
  ENTRY_QUEUE_URL: z.url(),
  /** Where it tells of logs and peers that do what no sound one does. */
  EVENT_BUS_NAME: z.string().min(1),
  /**
   * How long one run follows the logs, by its own clock. Longer than the schedule's minute, so that the successor
   * waits for the lease with its peers connected and the hand-over costs no gap; well below the function's timeout.
   */
  RUN_SECONDS: z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(5).max(840)),
  /** From one dispatch of live entries to the next, at least, in milliseconds: latency against requests. */
  SPACING_MS: z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(0).max(5_000)),
  /**
   * Types of entries that are not shipped, hence never scanned, separated by commas: the value of `type` or
   * `message_type` at the top of an entry's JSON. None by default.
   */
  EXCLUDED_TYPES: z
    .string()
    .regex(/^(?:[\w.-]{1,64}(?:,[\w.-]{1,64})*)?$/)
    .default('')
    .transform((list) => (list === '' ? [] : list.split(','))),
});
