import type { Logger } from '@aws-lambda-powertools/logger';
import { z } from 'zod';
import { rotationStep, type RotationStepAnswer } from '../contracts/rotation.ts';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createSecretsManager, createStepFunctions } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { describeProblems } from '../platform/problems.ts';
import { advanceRotationEnv } from './advance-rotation.env.ts';
import { createDynamoRotationStore } from './adapters/dynamo-rotation-store.ts';
import { rotationKinds } from './adapters/kinds.ts';
import { loadPolicies } from './adapters/load-policies.ts';
import { newRotationId, randomBelow } from './adapters/randomness.ts';
import { createSecretsManagerVault } from './adapters/secrets-manager-vault.ts';
import { createStepFunctionsRotations } from './adapters/step-functions-rotations.ts';
import { beginFollowUp, type BeginDependencies } from './domain/begin-rotation.ts';
import { takeStep, type StepDependencies } from './domain/take-step.ts';

export interface AdvanceRotationDependencies extends StepDependencies, BeginDependencies {
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

const request = z.strictObject({ step: rotationStep, secret: z.string(), run: z.int().positive() });

let dependencies: AdvanceRotationDependencies | undefined;

/** Invoked by the workflow, once for each step. */
export const handler = (event: unknown): Promise<RotationStepAnswer> =>
  advanceRotation(event, (dependencies ??= build()));

/** Takes one step. What fails is thrown without a word of what was handled: the workflow's history keeps errors. */
export async function advanceRotation(
  event: unknown,
  { logger, ...needed }: AdvanceRotationDependencies,
): Promise<RotationStepAnswer> {
  const parsed = request.safeParse(event);
  if (!parsed.success) throw new Error(`Not a step of a rotation: ${describeProblems(parsed.error)}`);
  const { step, ...order } = parsed.data;
  const about = { step, ...order };
  try {
    const answer = await takeStep(step, order, needed);
    logger.info('rotation_step', { ...about, next: answer.next, wait_seconds: answer.waitSeconds });
    if (answer.next === 'end') await followUp(order.secret, needed);
    return answer;
  } catch (error) {
    logger.error('rotation_step_failed', { ...about, ...describeError(error) });
    // eslint-disable-next-line preserve-caught-error -- the cause may quote what was handled, and the history keeps it
    throw new Error(`The step ${step} failed: ${error instanceof Error ? error.name : 'unknown error'}`);
  }
}

async function followUp(secret: string, needed: Omit<AdvanceRotationDependencies, 'logger'>): Promise<void> {
  const policy = needed.policies.find(({ name }) => name === secret);
  const ended = await needed.store.get(secret);
  if (policy !== undefined && ended !== undefined) await beginFollowUp(policy, ended, needed);
}

function build(): AdvanceRotationDependencies {
  const env = parseEnv(advanceRotationEnv, process.env);
  return {
    store: createDynamoRotationStore({ client: createDynamo(), table: env.ROTATION_TABLE }),
    workflow: createStepFunctionsRotations(createStepFunctions(), env.STATE_MACHINE_ARN),
    vault: createSecretsManagerVault(createSecretsManager()),
    ...loadPolicies(env.STAGE),
    ...rotationKinds(env.STS_ADDRESS),
    clock: systemClock,
    randomBelow,
    newId: newRotationId,
    logger: createLogger('rotation'),
  };
}
