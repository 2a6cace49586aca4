import { z } from 'zod';

export const sendAlertEnv = z.object({
  /** Topic that subscribers hear of severe findings on. */
  ALERT_TOPIC_ARN: z.string().min(1),
  /** Name of the DynamoDB table of alerts already sent: partition key `id`, TTL attribute `expiration`. */
  IDEMPOTENCY_TABLE: z.string().min(1),
});
