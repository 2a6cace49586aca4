import { z } from 'zod';

export const checkHealthEnv = z.object({
  /** Name of the DynamoDB table of peers, lease and statuses. */
  INGEST_TABLE: z.string().min(1),
  /** Name of the DynamoDB table of findings. */
  QUARANTINE_TABLE: z.string().min(1),
  ENTRY_QUEUE_URL: z.url(),
  ENTRY_DLQ_URL: z.url(),
  ALERT_TOPIC_ARN: z.string().min(1),
});
