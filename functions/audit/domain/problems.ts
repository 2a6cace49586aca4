import type { z } from 'zod';

/** Where and in which way what was handed in is wrong, never its values: `data.at: invalid_type; id: too_big`. */
export const problemsOf = (error: z.ZodError): string =>
  error.issues.map((issue) => `${issue.path.join('.') || '(root)'}: ${issue.code}`).join('; ');
