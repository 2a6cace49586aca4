import { type z } from 'zod';

/** A function's environment as a schema: Lambda and the construct that sets it share it, so a missing key does not compile. */
export type EnvSchema = z.ZodObject<Record<string, z.ZodType<unknown, string | undefined>>>;

/**
 * Reads a function's environment at cold start.
 * @throws Error naming each variable that is missing or malformed; no value is printed
 */
export function parseEnv<S extends EnvSchema>(
  schema: S,
  environment: Record<string, string | undefined>,
): z.output<S> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(
    `The function's environment is not usable: ${problems.join('; ')}. Deploy the stack again: the construct sets these variables.`,
  );
}
