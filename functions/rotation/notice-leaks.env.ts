import { advanceRotationEnv } from './advance-rotation.env.ts';
import { z } from 'zod';

export const noticeLeaksEnv = advanceRotationEnv.extend({
  /** KMS key of fingerprints: the one that detection uses. */
  FINGERPRINT_KEY_ID: z.string().min(1),
});
