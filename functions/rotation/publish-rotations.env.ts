import { z } from 'zod';

export const publishRotationsEnv = z.object({ EVENT_BUS_NAME: z.string().min(1) });
