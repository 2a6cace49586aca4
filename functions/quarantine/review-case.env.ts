import { z } from 'zod';
import { recordRevocationEnv } from './record-revocation.env.ts';

export const reviewCaseEnv = recordRevocationEnv.extend({
  QUARANTINE_TABLE: z.string().min(1),
});
