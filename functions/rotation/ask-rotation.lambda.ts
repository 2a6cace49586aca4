import type { Logger } from '@aws-lambda-powertools/logger';
import type { RotationAnswer } from '../contracts/rotation.ts';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createStepFunctions } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger } from '../platform/logger.ts';
import { askRotationEnv } from './ask-rotation.env.ts';
import { createDynamoRotationStore, readHistory } from './adapters/dynamo-rotation-store.ts';
import { loadPolicies } from './adapters/load-policies.ts';
import { newRotationId } from './adapters/randomness.ts';
import { createStepFunctionsRotations } from './adapters/step-functions-rotations.ts';
import { answerAtDesk, type DeskDependencies } from './domain/desk.ts';

export interface AskRotationDependencies extends DeskDependencies {
  readonly logger: Pick<Logger, 'info'>;
}

let dependencies: AskRotationDependencies | undefined;

/** Invoked directly, by whoever may invoke it: the name is the caller's word. */
export const handler = (request: unknown): Promise<RotationAnswer> =>
  askRotation(request, (dependencies ??= build()));

/** Shows rotations, starts them, takes what people decide and what consumers acknowledge. */
export async function askRotation(
  request: unknown,
  { logger, ...needed }: AskRotationDependencies,
): Promise<RotationAnswer> {
  const answer = await answerAtDesk(request, needed);
  logger.info('rotation_asked', {
    answer: answer.answer,
    ...(answer.answer === 'refused' && { why: answer.why }),
    ...(answer.answer === 'rotation' && {
      secret: answer.rotation.secret,
      run: answer.rotation.run,
      status: answer.rotation.status,
    }),
  });
  return answer;
}

function build(): AskRotationDependencies {
  const env = parseEnv(askRotationEnv, process.env);
  const records = { client: createDynamo(), table: env.ROTATION_TABLE };
  return {
    store: createDynamoRotationStore(records),
    history: (secret, most) => readHistory(records, secret, most),
    workflow: createStepFunctionsRotations(createStepFunctions(), env.STATE_MACHINE_ARN),
    policies: loadPolicies(env.STAGE).policies,
    clock: systemClock,
    newId: newRotationId,
    logger: createLogger('rotation'),
  };
}
