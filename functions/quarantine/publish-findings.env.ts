import { z } from 'zod';

export const publishFindingsEnv = z.object({
  /** Name of the EventBridge bus that findings are announced on. */
  EVENT_BUS_NAME: z.string().min(1),
});
