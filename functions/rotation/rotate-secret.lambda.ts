import type { Logger } from '@aws-lambda-powertools/logger';
import { z } from 'zod';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createSecretsManager } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { describeProblems } from '../platform/problems.ts';
import { createDynamoRotationStore } from './adapters/dynamo-rotation-store.ts';
import { rotationKinds } from './adapters/kinds.ts';
import { loadPolicies } from './adapters/load-policies.ts';
import { randomBelow } from './adapters/randomness.ts';
import { createRotationSettings } from './adapters/rotation-settings.ts';
import { createSecretsManagerVault } from './adapters/secrets-manager-vault.ts';
import { PLAIN_STEPS, takePlainStep, type PlainDependencies } from './domain/plain-rotation.ts';
import { rotateSecretEnv } from './rotate-secret.env.ts';

export interface RotateSecretDependencies extends Omit<PlainDependencies, 'ownArn'> {
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

/** As Secrets Manager calls a rotation function; fields that it may add are no fault. */
const call = z.object({
  Step: z.enum(PLAIN_STEPS),
  SecretId: z.string().min(1),
  ClientRequestToken: z.string().min(1),
});

let dependencies: RotateSecretDependencies | undefined;

/** Invoked by Secrets Manager, once for each of its four steps. */
export const handler = (event: unknown, context: { readonly invokedFunctionArn: string }): Promise<void> =>
  rotateSecret(event, context.invokedFunctionArn, (dependencies ??= build()));

/** Takes one step. A refusal is thrown, for that is how the service is told; nothing that was handled is quoted. */
export async function rotateSecret(
  event: unknown,
  ownArn: string,
  { logger, ...needed }: RotateSecretDependencies,
): Promise<void> {
  const parsed = call.safeParse(event);
  if (!parsed.success) throw new Error(`Not a call of Secrets Manager: ${describeProblems(parsed.error)}`);
  const { Step: step, SecretId: secretId, ClientRequestToken: token } = parsed.data;
  const about = { step, secret_id: secretId, version_id: token };
  const answer = await takePlainStep({ step, secretId, token }, { ...needed, ownArn }).catch(
    (error: unknown) => {
      logger.error('plain_rotation_failed', { ...about, ...describeError(error) });
      throw new Error(`The step ${step} failed: ${error instanceof Error ? error.name : 'unknown error'}`);
    },
  );
  if (!answer.ok) {
    logger.error('plain_rotation_refused', { ...about, reason: answer.error });
    throw new Error(`The step ${step} was refused: ${answer.error}`);
  }
  logger.info('plain_rotation_step', about);
}

function build(): RotateSecretDependencies {
  const env = parseEnv(rotateSecretEnv, process.env);
  const client = createSecretsManager();
  return {
    store: createDynamoRotationStore({ client: createDynamo(), table: env.ROTATION_TABLE }),
    vault: createSecretsManagerVault(client),
    settingOf: createRotationSettings(client),
    ...loadPolicies(env.STAGE),
    ...rotationKinds(env.STS_ADDRESS),
    clock: systemClock,
    randomBelow,
    logger: createLogger('rotation'),
  };
}
