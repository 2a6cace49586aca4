import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { describeProblems } from './problems.ts';

const KNOWN_FOR_MS = 60_000;

/** They were read, and a person has to mend them: trying again is of no use. */
export class UnusableSettings extends Error {
  override readonly name = 'UnusableSettings';
}

/** `read` answers undefined where they are `{}`, which is off. */
export interface Settings<T> {
  readonly read: () => Promise<T | undefined>;
  readonly forget: () => void;
}

/**
 * Reads settings that a person puts into a secret of Secrets Manager as JSON, and believes them for a minute, or until
 * they are to be forgotten.
 * @param what whose they are, for errors: `The channel's settings`
 * @throws UnusableSettings when they cannot be understood, another Error when they cannot be read; no value is in its
 * message
 */
export function createSettings<T>(
  client: Pick<SecretsManagerClient, 'send'>,
  secretArn: string,
  schema: z.ZodType<T>,
  now: () => number,
  what: string,
): Settings<T> {
  let known: { readonly at: number; readonly value: T | undefined } | undefined;
  async function read(): Promise<T | undefined> {
    if (known && now() - known.at < KNOWN_FOR_MS) return known.value;
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
    let value: unknown;
    try {
      value = JSON.parse(SecretString);
    } catch {
      throw new UnusableSettings(`${what} are no JSON.`);
    }
    if (z.strictObject({}).safeParse(value).success) {
      known = undefined;
      return undefined;
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success)
      throw new UnusableSettings(`${what} are not usable: ${describeProblems(parsed.error)}.`);
    known = { at: now(), value: parsed.data };
    return parsed.data;
  }
  return { read, forget: () => (known = undefined) };
}
