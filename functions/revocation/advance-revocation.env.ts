import { z } from 'zod';
import { providersEnv } from './providers.env.ts';

export const advanceRevocationEnv = providersEnv.extend({
  /** The AWS account in which the revoker may act. */
  ACCOUNT_ID: z.string().regex(/^\d{12}$/),
  REVOCATION_TABLE: z.string().min(1),
  EVIDENCE_TABLE: z.string().min(1),
  /** KMS key that evidence is sealed under. */
  EVIDENCE_KEY_ID: z.string().min(1),
  /** Secrets Manager's secret with the credentials of our own at providers, and teams' own automation. */
  PROVIDER_SETTINGS_ARN: z.string().min(1),
  /** Rotation's function that tells which secrets are managed; absent where none is. */
  NOTICE_FUNCTION: z.string().min(1).optional(),
  /** The stage, which the policy calls environment. */
  STAGE: z.enum(['local', 'dev', 'prod']),
});
