import type { Logger } from '@aws-lambda-powertools/logger';
import { revocationRequest, type RevocationAnswer } from '../contracts/revocation.ts';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createStepFunctions } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger } from '../platform/logger.ts';
import { describeProblems } from '../platform/problems.ts';
import { createDynamoRevocationStore } from './adapters/dynamo-revocation-store.ts';
import { createStepFunctionsWorkflow } from './adapters/step-functions-workflow.ts';
import { decideRevocationEnv } from './decide-revocation.env.ts';
import { answerAtDesk, type DeskDependencies } from './domain/desk.ts';

export interface DecideRevocationDependencies extends DeskDependencies {
  readonly logger: Pick<Logger, 'info'>;
}

let dependencies: DecideRevocationDependencies | undefined;

/** Invoked directly, by whoever may invoke it: the name is the caller's word. */
export const handler = (request: unknown): Promise<RevocationAnswer> =>
  decideRevocation(request, (dependencies ??= build()));

/** Shows revocations, and takes what people decide about them. */
export async function decideRevocation(
  request: unknown,
  { logger, ...needed }: DecideRevocationDependencies,
): Promise<RevocationAnswer> {
  const parsed = revocationRequest.safeParse(request);
  if (!parsed.success)
    return { answer: 'refused', why: 'bad_request', message: describeProblems(parsed.error) };
  const answer = await answerAtDesk(parsed.data, needed);
  logger.info('revocation_decision', {
    request: parsed.data.do,
    case_id: parsed.data.caseId,
    answer: answer.answer,
    ...('by' in parsed.data && { by: parsed.data.by }),
    ...(answer.answer === 'refused' ? { why: answer.why } : { status: answer.revocation.status }),
  });
  return answer;
}

function build(): DecideRevocationDependencies {
  const env = parseEnv(decideRevocationEnv, process.env);
  return {
    store: createDynamoRevocationStore({ client: createDynamo(), table: env.REVOCATION_TABLE }),
    workflow: createStepFunctionsWorkflow(createStepFunctions(), env.STATE_MACHINE_ARN),
    clock: systemClock,
    logger: createLogger('revocation'),
  };
}
