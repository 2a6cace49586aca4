/** What each channel has to know, as JSON in its secret in Secrets Manager. `{}` is a channel that is off. */
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { describeProblems } from '../../../platform/problems.ts';

const httpUrl = z.url({ protocol: /^https?$/ });

export const slackSettings = z.object({
  /** Bot token with `chat:write`, and `channels:history` to look whether a lost answer meant acceptance. */
  token: z.string().min(1),
  /** Id of the conversation, e.g. `C0123456789`. */
  channel: z.string().min(1),
  baseUrl: httpUrl.default('https://slack.com/api/'),
});
export const pagerDutySettings = z.object({
  routingKey: z.string().min(1),
  baseUrl: httpUrl.default('https://events.pagerduty.com'),
});
export const webhookSettings = z.object({
  url: httpUrl,
  /** Shared with the receiver; signs what is sent. */
  secret: z.string().min(16),
});
export const emailSettings = z.object({
  from: z.string().min(3),
  to: z.array(z.string().min(3)).min(1).max(50),
});

const KNOWN_FOR_MS = 60_000;

/** `read` answers undefined where the channel is off. */
export interface Settings<T> {
  readonly read: () => Promise<T | undefined>;
  readonly forget: () => void;
}

/**
 * Reads a channel's settings, and believes them for a minute, or until they are to be forgotten.
 * @throws Error when they cannot be read or understood; no value is in its message
 */
export function createSettings<T>(
  client: Pick<SecretsManagerClient, 'send'>,
  secretArn: string,
  schema: z.ZodType<T>,
  now: () => number,
): Settings<T> {
  let known: { readonly at: number; readonly value: T | undefined } | undefined;
  async function read(): Promise<T | undefined> {
    if (known && now() - known.at < KNOWN_FOR_MS) return known.value;
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
    let value: unknown;
    try {
      value = JSON.parse(SecretString);
    } catch {
      throw new Error("The channel's settings are no JSON.");
    }
    if (z.strictObject({}).safeParse(value).success) {
      known = undefined;
      return undefined;
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success)
      throw new Error(`The channel's settings are not usable: ${describeProblems(parsed.error)}.`);
    known = { at: now(), value: parsed.data };
    return parsed.data;
  }
  return { read, forget: () => (known = undefined) };
}
