import type { DynamoDBBatchResponse } from 'aws-lambda';
import type { Logger } from '@aws-lambda-powertools/logger';
import { createDynamo, createEventBridge } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger } from '../platform/logger.ts';
import { announcingBus } from './adapters/announcing-bus.ts';
import { createDynamoCaseProjector } from './adapters/dynamo-case-projector.ts';
import { readCaseRecords } from './adapters/quarantine-stream.ts';
import type { CaseProjector } from './domain/case-book.ts';
import { firstFailure, type EventPublisher } from './domain/publish.ts';
import { publishCases, type CaseOutcome } from './domain/publish-cases.ts';
import { publishCasesEnv } from './publish-cases.env.ts';

export interface PublishCasesDependencies {
  readonly projector: CaseProjector;
  readonly publisher: EventPublisher;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

let dependencies: PublishCasesDependencies | undefined;

/** Invoked by the case table's stream. */
export const handler = (event: unknown): Promise<DynamoDBBatchResponse> =>
  handleCases(event, (dependencies ??= build()));

/** Shows changed cases on their findings and announces them; names the first record that failed. */
export async function handleCases(
  event: unknown,
  { projector, publisher, logger }: PublishCasesDependencies,
): Promise<DynamoDBBatchResponse> {
  const outcomes = await publishCases(readCaseRecords(event), { projector, publisher });
  for (const outcome of outcomes) logOutcome(outcome, logger);
  const failed = firstFailure(outcomes);
  return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
}

function logOutcome(
  { caseId, sequenceNumber, published }: CaseOutcome,
  logger: Pick<Logger, 'info' | 'error'>,
) {
  if (!published.ok)
    logger.error('case_not_published', {
      case_id: caseId,
      sequence_number: sequenceNumber,
      reason: published.error,
    });
  else if (published.value !== undefined)
    logger.info('case_published', {
      case_id: caseId,
      secret_type: published.value.secretType,
      severity: published.value.severity,
      status: published.value.status,
      previous_status: published.value.previousStatus,
      on_hold: published.value.onHold,
      reappeared: published.value.reappeared,
    });
}

function build(): PublishCasesDependencies {
  const env = parseEnv(publishCasesEnv, process.env);
  return {
    logger: createLogger('quarantine'),
    projector: createDynamoCaseProjector(createDynamo(), env.QUARANTINE_TABLE),
    publisher: announcingBus(createEventBridge(), env.EVENT_BUS_NAME),
  };
}
