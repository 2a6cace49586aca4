import { z } from 'zod';

/** Where providers are asked, which decides where leaked credentials are sent. */
export const providersEnv = z.object({
  /** `no`: a provider without an address of its own is off. */
  PUBLIC_PROVIDERS: z.enum(['yes', 'no']),
  /** JSON: addresses by name, e.g. `{"gitlab.api":"https://gitlab.example.com"}`. */
  PROVIDER_ADDRESSES: z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is no JSON' });
        return z.NEVER;
      }
    })
    .pipe(z.record(z.string(), z.url())),
});
