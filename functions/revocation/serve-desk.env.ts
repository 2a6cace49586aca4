import { z } from 'zod';

export const serveDeskEnv = z.object({
  REVOCATION_TABLE: z.string().min(1),
  STATE_MACHINE_ARN: z.string().min(1),
  /** Secrets Manager's secret with what the chat's buttons need; `{}` where they are off. */
  SLACK_SETTINGS_ARN: z.string().min(1),
});
