import type { Logger } from '@aws-lambda-powertools/logger';
import type { SQSBatchResponse } from 'aws-lambda';
import { z } from 'zod';
import { secretQuarantined } from '../contracts/quarantine.ts';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createStepFunctions } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { createDynamoRevocationStore } from './adapters/dynamo-revocation-store.ts';
import { knownProviders } from './adapters/providers.ts';
import { createStepFunctionsWorkflow } from './adapters/step-functions-workflow.ts';
import { beginRevocationEnv } from './begin-revocation.env.ts';
import { beginRevocation, type BeginDependencies } from './domain/begin-revocation.ts';

export interface BeginRevocationDependencies extends BeginDependencies {
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

const queueEvent = z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() })) });
/** Of the bus's envelope, what is needed; fields that a newer quarantine adds are no fault. */
const envelope = z.object({ detail: z.object(secretQuarantined.shape) });

let dependencies: BeginRevocationDependencies | undefined;

/** Invoked by the queue of findings. */
export const handler = (event: unknown): Promise<SQSBatchResponse> =>
  beginRevocations(event, (dependencies ??= build()));

/** Starts a run for each secret that has none; names the messages that must come again. */
export async function beginRevocations(
  event: unknown,
  { logger, ...needed }: BeginRevocationDependencies,
): Promise<SQSBatchResponse> {
  const failed: string[] = [];
  for (const { messageId, body } of queueEvent.parse(event).Records) {
    try {
      const { detail } = envelope.parse(JSON.parse(body));
      const outcome = await beginRevocation(detail, needed);
      logger.info('revocation_begun', {
        correlation_id: detail.correlationId,
        finding_id: detail.findingId,
        case_id: detail.case?.caseId,
        secret_type: detail.secretType,
        outcome,
      });
    } catch (error) {
      failed.push(messageId);
      logger.error('revocation_not_begun', { message_id: messageId, ...nameOf(error) });
    }
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** A message that cannot be read may be quoted by the error that says so. */
function nameOf(error: unknown) {
  return error instanceof z.ZodError || error instanceof SyntaxError
    ? { error_name: error.name, error_message: 'The message is not by the contract.' }
    : describeError(error);
}

function build(): BeginRevocationDependencies {
  const env = parseEnv(beginRevocationEnv, process.env);
  return {
    store: createDynamoRevocationStore({ client: createDynamo(), table: env.REVOCATION_TABLE }),
    workflow: createStepFunctionsWorkflow(createStepFunctions(), env.STATE_MACHINE_ARN),
    providers: knownProviders(),
    clock: systemClock,
    keptDays: env.KEPT_DAYS,
    logger: createLogger('revocation'),
  };
}
