import { z } from 'zod';

/** Environment of the function that deletes what expired beside the log. */
export const sweepBesideEnv = z.object({
  BESIDE_BUCKET: z.string().min(1),
});
