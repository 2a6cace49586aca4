import { z } from 'zod';
import { kindsEnv } from './kinds.env.ts';

export const advanceRotationEnv = kindsEnv.extend({
  ROTATION_TABLE: z.string().min(1),
  /** Of the machine that calls this function: it starts the rotation that follows one which has leaked itself. */
  STATE_MACHINE_ARN: z.string().min(1),
  /** The stage, which policies call environment. */
  STAGE: z.enum(['local', 'dev', 'prod']),
});
