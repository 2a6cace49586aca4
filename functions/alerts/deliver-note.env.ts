import { z } from 'zod';

export const deliverNoteEnv = z.object({
  CHANNEL: z.enum(['sns', 'slack', 'pagerduty', 'email', 'webhook']),
  /** Name of the DynamoDB table of windows, groups, silences and deliveries. */
  STATE_TABLE: z.string().min(1),
  /** The channel's own queue, and where what is given up goes. */
  QUEUE_URL: z.string().min(1),
  DEAD_LETTER_QUEUE_URL: z.string().min(1),
  /** Bus on which what was delivered is told. */
  EVENT_BUS_NAME: z.string().min(1),
  /** Secret with the channel's settings; of every channel but `sns`. */
  SETTINGS_SECRET_ARN: z.string().min(1).optional(),
  /** What subscribers listen to; of the channel `sns`. */
  ALERT_TOPIC_ARN: z.string().min(1).optional(),
});
