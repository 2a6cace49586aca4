import { askRotationEnv } from './ask-rotation.env.ts';
import { z } from 'zod';

export const noticeLeaksEnv = askRotationEnv.extend({
  /** KMS key of fingerprints: the one that detection uses. */
  FINGERPRINT_KEY_ID: z.string().min(1),
});
