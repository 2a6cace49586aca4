import { z } from 'zod';

/** What a function that asks providers is told of its stage. */
export const kindsEnv = z.object({
  /** Where STS is asked whether an access key works; absent: at AWS's own address. */
  STS_ADDRESS: z.url().optional(),
});
