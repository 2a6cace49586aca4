import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidParameterException,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  UpdateSecretVersionStageCommand,
  type GetSecretValueCommandInput,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { Redacted } from '../../kernel/redacted.ts';
import type { SecretVault, SecretVersion, StagingLabel, Versions } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 5_000;

/** Secrets Manager as a vault: labels move in single calls that name where they come from. */
export function createSecretsManagerVault(client: Pick<SecretsManagerClient, 'send'>): SecretVault {
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });

  async function described(secretId: string): Promise<Versions> {
    const { VersionIdsToStages = {} } = await client.send(
      new DescribeSecretCommand({ SecretId: secretId }),
      bounded(),
    );
    return new Map(Object.entries(VersionIdsToStages));
  }

  async function versions(secretId: string): Promise<Versions> {
    try {
      return await described(secretId);
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return new Map();
      throw error;
    }
  }

  const holderOf = async (secretId: string, label: StagingLabel): Promise<string | undefined> =>
    [...(await versions(secretId))].find(([, labels]) => labels.includes(label))?.[0];

  /** A version that `RotateSecret` has announced has a label and no value yet: it is absent here. */
  async function read(asked: GetSecretValueCommandInput): Promise<SecretVersion | undefined> {
    try {
      const { VersionId, SecretString } = await client.send(new GetSecretValueCommand(asked), bounded());
      return VersionId === undefined || SecretString === undefined
        ? undefined
        : { versionId: VersionId, value: new Redacted(SecretString) };
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      // Secrets Manager says the same of a secret that is not there: that is no absent version.
      await described(asked.SecretId ?? '');
      return undefined;
    }
  }

  /** @returns false where the label is not where it was said to be */
  async function move(
    secretId: string,
    label: StagingLabel,
    from: string,
    to: string | undefined,
  ): Promise<boolean> {
    try {
      await client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: secretId,
          VersionStage: label,
          RemoveFromVersionId: from,
          ...(to !== undefined && { MoveToVersionId: to }),
        }),
        bounded(),
      );
      return true;
    } catch (error) {
      if (error instanceof InvalidParameterException || error instanceof ResourceNotFoundException)
        return false;
      throw error;
    }
  }

  return {
    versions,
    byLabel: (secretId, label) => read({ SecretId: secretId, VersionStage: label }),
    byVersion: (secretId, versionId) => read({ SecretId: secretId, VersionId: versionId }),

    async stage(secretId, versionId, value) {
      const known = await read({ SecretId: secretId, VersionId: versionId });
      if (known !== undefined) return known.value.reveal() === value.reveal();
      try {
        await client.send(
          new PutSecretValueCommand({
            SecretId: secretId,
            ClientRequestToken: versionId,
            SecretString: value.reveal(),
            VersionStages: ['AWSPENDING'],
          }),
          bounded(),
        );
        return true;
      } catch (error) {
        if (error instanceof ResourceExistsException) return false;
        throw error;
      }
    },

    async promote(secretId, versionId, from) {
      if ((await holderOf(secretId, 'AWSCURRENT')) === versionId) return true;
      if (await move(secretId, 'AWSCURRENT', from, versionId)) return true;
      // Also refused where the call before this one did it and its answer was lost.
      return (await holderOf(secretId, 'AWSCURRENT')) === versionId;
    },

    async unlabel(secretId, label, versionId) {
      const labels = (await versions(secretId)).get(versionId) ?? [];
      if (labels.includes(label)) await move(secretId, label, versionId, undefined);
    },
  };
}
