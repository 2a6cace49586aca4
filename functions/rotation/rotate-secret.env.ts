import { z } from 'zod';

export const rotateSecretEnv = z.object({
  ROTATION_TABLE: z.string().min(1),
  STAGE: z.enum(['local', 'dev', 'prod']),
});
