import type { z } from 'zod';

/**
 * What may be said of input that a schema refused: where and in which way, never the value. zod's own messages can
 * quote a key or an input, and input may hold a secret.
 * @returns e.g. `severity: invalid_value; offset: invalid_type`
 */
export function describeProblems(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || '(root)'}: ${issue.code}`).join('; ');
}
