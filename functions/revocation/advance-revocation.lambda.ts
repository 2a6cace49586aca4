import type { Logger } from '@aws-lambda-powertools/logger';
import { z } from 'zod';
import { revocationStep, type StepAnswer } from '../contracts/revocation.ts';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createKms, createLambda, createStepFunctions } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { describeProblems } from '../platform/problems.ts';
import {
  createDynamoRevocationLimit,
  createDynamoRevocationStore,
} from './adapters/dynamo-revocation-store.ts';
import { createKmsEvidenceVault } from './adapters/kms-evidence-vault.ts';
import { addressesIn, configuredProviders } from './adapters/configured-providers.ts';
import { createLambdaReplacements, NO_REPLACEMENTS } from './adapters/lambda-replacements.ts';
import { createStepFunctionsWorkflow } from './adapters/step-functions-workflow.ts';
import { advanceRevocationEnv } from './advance-revocation.env.ts';
import { responsePolicy } from './domain/policy.ts';
import type { RevocationProvider } from './domain/provider.ts';
import { takeStep, type StepDependencies } from './domain/take-step.ts';
import policy from './policy.json' with { type: 'json' };

export interface AdvanceRevocationDependencies extends Omit<StepDependencies, 'providers'> {
  /** As they are set up now. */
  readonly providers: () => Promise<readonly RevocationProvider[]>;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

const request = z.strictObject({
  step: revocationStep,
  caseId: z.string(),
  run: z.int().positive(),
  do: z.enum(['revoke', 'restore']),
  token: z.string().optional(),
});

let dependencies: AdvanceRevocationDependencies | undefined;

/** Invoked by the workflow, once for each step. */
export const handler = (event: unknown): Promise<StepAnswer> =>
  advanceRevocation(event, (dependencies ??= build()));

/** Takes one step. What fails is thrown without a word of what was handled: the workflow's history keeps errors. */
export async function advanceRevocation(
  event: unknown,
  { logger, providers, ...needed }: AdvanceRevocationDependencies,
): Promise<StepAnswer> {
  const parsed = request.safeParse(event);
  if (!parsed.success) throw new Error(`Not a step of a run: ${describeProblems(parsed.error)}`);
  const { step, token, ...order } = parsed.data;
  const about = { step, case_id: order.caseId, run: order.run };
  try {
    const answer = await takeStep(step, order, { ...needed, providers: await providers() }, token);
    logger.info('revocation_step', { ...about, next: answer.next, wait_seconds: answer.waitSeconds });
    return answer;
  } catch (error) {
    logger.error('revocation_step_failed', { ...about, ...describeError(error) });
    // eslint-disable-next-line preserve-caught-error -- the cause may quote what was handled, and the history keeps it
    throw new Error(`The step ${step} failed: ${error instanceof Error ? error.name : 'unknown error'}`);
  }
}

function build(): AdvanceRevocationDependencies {
  const env = parseEnv(advanceRevocationEnv, process.env);
  const logger = createLogger('revocation');
  const dynamo = createDynamo();
  const records = { client: dynamo, table: env.REVOCATION_TABLE };
  return {
    store: createDynamoRevocationStore(records),
    limit: createDynamoRevocationLimit(records),
    evidence: createKmsEvidenceVault({
      kms: createKms(),
      keyId: env.EVIDENCE_KEY_ID,
      dynamo,
      table: env.EVIDENCE_TABLE,
      clock: systemClock,
    }),
    // It only lets runs go on, and starts none.
    workflow: createStepFunctionsWorkflow(createStepFunctions(), ''),
    replacements:
      env.NOTICE_FUNCTION === undefined
        ? NO_REPLACEMENTS
        : createLambdaReplacements(createLambda(), env.NOTICE_FUNCTION),
    providers: configuredProviders({
      clock: systemClock,
      account: env.ACCOUNT_ID,
      addresses: addressesIn(env),
      settingsArn: env.PROVIDER_SETTINGS_ARN,
      logger,
    }),
    policy: responsePolicy.parse(policy),
    environment: env.STAGE,
    clock: systemClock,
    logger,
  };
}
