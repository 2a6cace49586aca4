import { z } from 'zod';

const url = z.string().min(1);

export const evaluateEventsEnv = z.object({
  /** Name of the DynamoDB table of windows, groups, silences and deliveries. */
  STATE_TABLE: z.string().min(1),
  /** Queue of timers, read by this function itself. */
  TIMER_QUEUE_URL: url,
  SNS_QUEUE_URL: url,
  SLACK_QUEUE_URL: url,
  PAGERDUTY_QUEUE_URL: url,
  EMAIL_QUEUE_URL: url,
  WEBHOOK_QUEUE_URL: url,
  /** Where a person looks at a case: alerts link to `<this>/cases/<case>`. */
  CONSOLE_URL: z.string().min(1),
});
