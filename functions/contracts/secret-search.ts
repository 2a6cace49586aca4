/** Where secrets stand in texts: asked of detection by whoever writes text down that must hold none. */
import { z } from 'zod';

/** Bytes of texts that one question may hold as JSON, together: a function is invoked with 6 MB at most. */
export const MAX_SEARCH_BYTES = 4 * 1024 * 1024;

export const searchRequest = z.strictObject({ texts: z.array(z.string()).max(10_000) });

export const searchAnswer = z.strictObject({
  found: z.array(
    z.strictObject({
      /** Index in `texts`. */
      text: z.int().nonnegative(),
      /** UTF-16 code units, `end` not included; places of one text do not overlap and are in order. */
      start: z.int().nonnegative(),
      end: z.int().positive(),
      secretType: z.string().min(1),
    }),
  ),
});
/** A place that holds a secret; never the secret. */
export type SecretPlace = z.infer<typeof searchAnswer>['found'][number];
