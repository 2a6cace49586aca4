import type { Logger } from '@aws-lambda-powertools/logger';
import type { SQSBatchResponse } from 'aws-lambda';
import { z } from 'zod';
import { secretRevoked } from '../contracts/revocation.ts';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { createDynamoCaseDesk } from './adapters/dynamo-case-desk.ts';
import type { CaseDesk } from './domain/case-book.ts';
import { recordRevocation } from './domain/record-revocation.ts';
import { recordRevocationEnv } from './record-revocation.env.ts';

export interface RecordRevocationDependencies {
  readonly desk: Pick<CaseDesk, 'get' | 'decide'>;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

const queueEvent = z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() })) });
/** Of the bus's envelope, what is needed; fields that a newer publisher adds are no fault. */
const envelope = z.object({ detail: z.object(secretRevoked.shape) });

let dependencies: RecordRevocationDependencies | undefined;

/** Invoked by the queue of proven deaths. */
export const handler = (event: unknown): Promise<SQSBatchResponse> =>
  recordRevocations(event, (dependencies ??= build()));

/** Ends the case of each credential that is dead; names the messages that must come again. */
export async function recordRevocations(
  event: unknown,
  { desk, logger }: RecordRevocationDependencies,
): Promise<SQSBatchResponse> {
  const failed: string[] = [];
  for (const { messageId, body } of queueEvent.parse(event).Records) {
    try {
      const { detail } = envelope.parse(JSON.parse(body));
      const outcome = await recordRevocation(detail, desk);
      logger.info('revocation_recorded', { case_id: detail.caseId, outcome });
    } catch (error) {
      failed.push(messageId);
      logger.error('revocation_not_recorded', { message_id: messageId, ...describeError(error) });
    }
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

function build(): RecordRevocationDependencies {
  const env = parseEnv(recordRevocationEnv, process.env);
  return {
    desk: createDynamoCaseDesk({
      client: createDynamo(),
      caseTable: env.CASE_TABLE,
      metricsTable: env.METRICS_TABLE,
      clock: systemClock,
      memoryDays: env.CASE_MEMORY_DAYS,
    }),
    logger: createLogger('quarantine'),
  };
}
