import { z } from 'zod';

export const publishRevocationsEnv = z.object({
  /** Name of the EventBridge bus that changes of revocations are announced on. */
  EVENT_BUS_NAME: z.string().min(1),
});
