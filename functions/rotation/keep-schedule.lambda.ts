import type { Logger } from '@aws-lambda-powertools/logger';
import { z } from 'zod';
import { fromIso, systemClock } from '../kernel/clock.ts';
import { createDynamo, createSecretsManager, createStepFunctions } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger } from '../platform/logger.ts';
import { describeProblems } from '../platform/problems.ts';
import { createDynamoRotationStore } from './adapters/dynamo-rotation-store.ts';
import { loadPolicies } from './adapters/load-policies.ts';
import { newRotationId } from './adapters/randomness.ts';
import { createSecretAges } from './adapters/secret-ages.ts';
import { createStepFunctionsRotations } from './adapters/step-functions-rotations.ts';
import {
  rotateByAge,
  rotateOnSchedule,
  type Due,
  type ScheduleDependencies,
} from './domain/keep-schedule.ts';
import { keepScheduleEnv } from './keep-schedule.env.ts';

export interface KeepScheduleDependencies extends ScheduleDependencies {
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

/** From a rule: of one secret's schedule, with when it was due, or of the hourly look at all. */
const tick = z.union([
  z.strictObject({ do: z.literal('schedule'), secret: z.string(), dueAt: z.iso.datetime() }),
  z.strictObject({ do: z.literal('age') }),
]);

let dependencies: KeepScheduleDependencies | undefined;

/** Invoked by rules. */
export const handler = (event: unknown): Promise<readonly Due[]> =>
  keepSchedule(event, (dependencies ??= build()));

/** Starts what is due. @throws behind the last secret where one could not be looked at, so that the function's alarm counts it */
export async function keepSchedule(
  event: unknown,
  { logger, ...needed }: KeepScheduleDependencies,
): Promise<readonly Due[]> {
  const parsed = tick.safeParse(event);
  if (!parsed.success) throw new Error(`Not a tick: ${describeProblems(parsed.error)}`);
  const due =
    parsed.data.do === 'age'
      ? await rotateByAge(needed)
      : [await rotateOnSchedule(parsed.data.secret, fromIso(parsed.data.dueAt) ?? 0, needed)];
  for (const each of due)
    logger[each.outcome === 'not_looked_at' ? 'error' : 'info']('rotation_due', { ...each });
  const missed = due.filter(({ outcome }) => outcome === 'not_looked_at');
  if (missed.length > 0)
    throw new Error(`Not looked at: ${missed.map(({ secret, error }) => `${secret} (${error})`).join(', ')}`);
  return due;
}

function build(): KeepScheduleDependencies {
  const env = parseEnv(keepScheduleEnv, process.env);
  return {
    store: createDynamoRotationStore({ client: createDynamo(), table: env.ROTATION_TABLE }),
    workflow: createStepFunctionsRotations(createStepFunctions(), env.STATE_MACHINE_ARN),
    policies: loadPolicies(env.STAGE).policies,
    madeAt: createSecretAges(createSecretsManager()),
    clock: systemClock,
    newId: newRotationId,
    logger: createLogger('rotation'),
  };
}
