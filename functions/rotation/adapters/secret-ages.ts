import { ListSecretVersionIdsCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ScheduleDependencies } from '../domain/keep-schedule.ts';

const REQUEST_DEADLINE_MS = 5_000;

/** When the version was made that is published, without reading its value. */
export function createSecretAges(client: Pick<SecretsManagerClient, 'send'>): ScheduleDependencies['madeAt'] {
  return async ({ secret }) => {
    // Versions with a label come on the first page: there are at most twenty labels.
    const { Versions = [] } = await client.send(
      new ListSecretVersionIdsCommand({ SecretId: secret, MaxResults: 100 }),
      { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
    );
    const made = Versions.find(({ VersionStages }) => VersionStages?.includes('AWSCURRENT'))?.CreatedDate;
    if (made === undefined)
      throw new Error('Secrets Manager does not tell when the published version was made.');
    return made.getTime();
  };
}
