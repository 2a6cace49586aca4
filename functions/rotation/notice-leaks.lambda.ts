import type { Logger } from '@aws-lambda-powertools/logger';
import type { SQSBatchResponse } from 'aws-lambda';
import { z } from 'zod';
import { SECRET_QUARANTINED, secretQuarantined } from '../contracts/quarantine.ts';
import {
  SECRET_COMPROMISED,
  replacementRequest,
  secretCompromised,
  type ReplacementAnswer,
} from '../contracts/rotation.ts';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createKms, createSecretsManager, createStepFunctions } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createKmsFingerprinter } from '../platform/kms-fingerprinter.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { describeProblems } from '../platform/problems.ts';
import { createDynamoRotationStore } from './adapters/dynamo-rotation-store.ts';
import { rotationKinds } from './adapters/kinds.ts';
import { loadPolicies } from './adapters/load-policies.ts';
import { newRotationId } from './adapters/randomness.ts';
import { createSecretsManagerVault } from './adapters/secrets-manager-vault.ts';
import { createStepFunctionsRotations } from './adapters/step-functions-rotations.ts';
import { createVersionFingerprints } from './adapters/version-fingerprints.ts';
import { noticeLeak, noticeThreat, replaceLeaked, type NoticeDependencies } from './domain/notice-leak.ts';
import { noticeLeaksEnv } from './notice-leaks.env.ts';

export interface NoticeLeaksDependencies extends NoticeDependencies {
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

const queueEvent = z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() })) });
/** Of the bus's envelope, what is needed; fields that a newer publisher adds are no fault. */
const indicator = z.discriminatedUnion('detail-type', [
  z.object({ 'detail-type': z.literal(SECRET_QUARANTINED), detail: z.object(secretQuarantined.shape) }),
  z.object({ 'detail-type': z.literal(SECRET_COMPROMISED), detail: secretCompromised }),
]);

let dependencies: NoticeLeaksDependencies | undefined;

/** Invoked by the queue of compromise indicators, and directly by revocation. */
export const handler = (event: unknown): Promise<SQSBatchResponse | ReplacementAnswer> => {
  const needed = (dependencies ??= build());
  return isAsked(event) ? answerRevocation(event, needed) : noticeLeaks(event, needed);
};

/** A question says what to do; a batch does not. */
const isAsked = (event: unknown): boolean => typeof event === 'object' && event !== null && 'do' in event;

/** Says whether what is about to be revoked is managed here, and has it replaced. */
export async function answerRevocation(
  event: unknown,
  { logger, ...needed }: NoticeLeaksDependencies,
): Promise<ReplacementAnswer> {
  const asked = replacementRequest.safeParse(event);
  if (!asked.success) throw new Error(`Not a question of revocation: ${describeProblems(asked.error)}`);
  const answer = await replaceLeaked(asked.data, needed);
  if (answer.answer !== 'not_managed')
    logger.info('managed_secret_revoked', {
      ...{ secret: answer.secret, rotation_id: answer.rotationId, answer: answer.answer },
      ...(asked.data.do === 'replace' && { finding_id: asked.data.findingId }),
    });
  return answer;
}

/** Starts an emergency for each managed secret that has leaked; names the messages that must come again. */
export async function noticeLeaks(
  event: unknown,
  { logger, ...needed }: NoticeLeaksDependencies,
): Promise<SQSBatchResponse> {
  const failed: string[] = [];
  for (const { messageId, body } of queueEvent.parse(event).Records) {
    try {
      const told = indicator.parse(JSON.parse(body));
      const noticed =
        told['detail-type'] === SECRET_QUARANTINED
          ? await noticeLeak(told.detail, needed)
          : await noticeThreat(told.detail, needed);
      for (const { secret, outcome } of noticed)
        logger.info('managed_secret_compromised', { indicator: told['detail-type'], secret, outcome });
    } catch (error) {
      failed.push(messageId);
      const unreadable = error instanceof z.ZodError || error instanceof SyntaxError;
      // A message that cannot be read may be quoted by the error that says so.
      const why = unreadable
        ? { error_message: 'The message is not by the contract.' }
        : describeError(error);
      logger.error('leak_not_compared', { message_id: messageId, ...why });
    }
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

function build(): NoticeLeaksDependencies {
  const env = parseEnv(noticeLeaksEnv, process.env);
  const vault = createSecretsManagerVault(createSecretsManager());
  return {
    store: createDynamoRotationStore({ client: createDynamo(), table: env.ROTATION_TABLE }),
    workflow: createStepFunctionsRotations(createStepFunctions(), env.STATE_MACHINE_ARN),
    policies: loadPolicies(env.STAGE).policies,
    rotators: rotationKinds().rotators,
    vault,
    fingerprintsOf: createVersionFingerprints(
      vault,
      createKmsFingerprinter(createKms(), env.FINGERPRINT_KEY_ID),
    ),
    clock: systemClock,
    newId: newRotationId,
    logger: createLogger('rotation'),
  };
}
