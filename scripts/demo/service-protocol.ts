import { z } from 'zod';

/** What the service is started with. */
export const serviceOrder = z.object({
  endpoint: z.string(),
  region: z.string(),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  /** Where it calls STS with its key. */
  stsUrl: z.string(),
  deskName: z.string(),
  secretId: z.string(),
  secret: z.string(),
  consumer: z.string(),
});
export type ServiceOrder = z.infer<typeof serviceOrder>;

/** One call of the service. */
export const serviceCall = z.object({
  at: z.number(),
  /** The key that it was signed with at last. */
  keyId: z.string(),
  /** Name of the error that the service was left with. */
  failed: z.string().optional(),
});
export type ServiceCall = z.infer<typeof serviceCall>;
