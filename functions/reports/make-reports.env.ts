import { z } from 'zod';
import { configurationVariables } from './configuration.env.ts';

export const makeReportsEnv = z.object({
  ...configurationVariables,
  /** What the deployment is called on reports. */
  DEPLOYMENT: z.string().min(1),
  LOG_BUCKET: z.string().min(1),
  LOG_ORIGIN: z.string().min(1),
  /** Keys of KMS whose public parts the log is verified under. */
  ED25519_KEY: z.string().min(1),
  ECDSA_KEY: z.string().min(1),
  REPORT_BUCKET: z.string().min(1),
  /** Key of KMS that manifests are signed with, and the name that it signs under. */
  REPORT_KEY: z.string().min(1),
  REPORT_SIGNER: z.string().min(1),
  /** Where a report is announced. */
  EVENT_BUS_NAME: z.string().min(1),
  /** Whether Typst's binary is in a layer of the function. */
  PDF: z.enum(['yes', 'no']),
});
