import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { rotationAnswer, type RotationRequest } from '../../contracts/rotation.ts';
import { systemClock } from '../../kernel/clock.ts';
import { Redacted } from '../../kernel/redacted.ts';
import { createManagedSecret, type ManagedSecret } from './managed-secret.ts';

const REQUEST_DEADLINE_MS = 10_000;
const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });

export interface AwsManagedSecretOptions {
  readonly secretsManager: Pick<SecretsManagerClient, 'send'>;
  readonly lambda: Pick<LambdaClient, 'send'>;
  /** Name or ARN in Secrets Manager. */
  readonly secretId: string;
  /** As the policy names the secret, and the service that uses it. */
  readonly secret: string;
  readonly consumer: string;
  /** Output `RotationDeskName` of the response stack. */
  readonly deskName: string;
  readonly keepMs?: number;
}

/** A managed secret over Secrets Manager, acknowledged at rotation's desk. Its role needs these two calls and no more. */
export function createAwsManagedSecret(options: AwsManagedSecretOptions): ManagedSecret {
  const { secretsManager, lambda, secretId, secret, consumer, deskName, keepMs } = options;
  return createManagedSecret({
    async read() {
      const { VersionId, SecretString } = await secretsManager.send(
        new GetSecretValueCommand({ SecretId: secretId }),
        bounded(),
      );
      if (VersionId === undefined || SecretString === undefined)
        throw new Error(`The secret ${secret} has no text that is published.`);
      return { versionId: VersionId, value: new Redacted(SecretString) };
    },

    async acknowledge(versionId) {
      const request: RotationRequest = { do: 'acknowledge', secret, consumer, versionId };
      const { FunctionError, Payload } = await lambda.send(
        new InvokeCommand({ FunctionName: deskName, Payload: JSON.stringify(request) }),
        bounded(),
      );
      const answer = rotationAnswer.safeParse(JSON.parse(Payload?.transformToString() ?? 'null'));
      if (FunctionError !== undefined || !answer.success || answer.data.answer === 'refused')
        throw new Error(`The version in use of ${secret} was not acknowledged.`);
    },
    clock: systemClock,
    ...(keepMs !== undefined && { keepMs }),
  });
}
