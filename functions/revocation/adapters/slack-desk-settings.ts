import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { describeProblems } from '../../platform/problems.ts';
import { slackDeskSettings, type SlackDeskSettings } from './slack-interactions.ts';

const REQUEST_DEADLINE_MS = 2_000;

/**
 * Reads them for each press: presses are few, and who may no longer decide is out at once.
 * @returns undefined where the buttons are off @throws Error when they cannot be read; no value is in its message
 */
export function createSlackDeskSettings(
  client: Pick<SecretsManagerClient, 'send'>,
  secretArn: string,
): () => Promise<SlackDeskSettings | undefined> {
  return async () => {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }), {
      abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
    });
    let value: unknown;
    try {
      value = JSON.parse(SecretString);
    } catch {
      throw new Error('The settings of the buttons are no JSON.');
    }
    if (z.strictObject({}).safeParse(value).success) return undefined;
    const parsed = slackDeskSettings.safeParse(value);
    if (!parsed.success)
      throw new Error(`The settings of the buttons are not usable: ${describeProblems(parsed.error)}.`);
    return parsed.data;
  };
}
