import { DescribeSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { PlainDependencies } from '../domain/plain-rotation.ts';

const REQUEST_DEADLINE_MS = 5_000;

/** What the owner of a secret has set for its rotation. */
export function createRotationSettings(
  client: Pick<SecretsManagerClient, 'send'>,
): PlainDependencies['settingOf'] {
  return async (secretId) => {
    const { Name, RotationEnabled, RotationLambdaARN } = await client.send(
      new DescribeSecretCommand({ SecretId: secretId }),
      { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
    );
    if (Name === undefined) throw new Error('Secrets Manager does not tell the name of the secret.');
    return { name: Name, enabled: RotationEnabled ?? false, functionArn: RotationLambdaARN };
  };
}
