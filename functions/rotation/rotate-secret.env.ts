import { z } from 'zod';
import { kindsEnv } from './kinds.env.ts';

export const rotateSecretEnv = kindsEnv.extend({
  ROTATION_TABLE: z.string().min(1),
  STAGE: z.enum(['local', 'dev', 'prod']),
});
