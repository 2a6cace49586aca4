import type { DynamoDBBatchResponse } from 'aws-lambda';
import type { Logger } from '@aws-lambda-powertools/logger';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createEventBridge } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger } from '../platform/logger.ts';
import { announcingBus } from './adapters/announcing-bus.ts';
import { createDynamoCaseCounter } from './adapters/dynamo-case-counter.ts';
import { readFindingRecords } from './adapters/quarantine-stream.ts';
import type { CaseCounter } from './domain/case-book.ts';
import { firstFailure, type EventPublisher } from './domain/publish.ts';
import { publishFindings, type FindingOutcome } from './domain/publish-findings.ts';
import { publishFindingsEnv } from './publish-findings.env.ts';

export interface PublishFindingsDependencies {
  readonly counter: CaseCounter;
  readonly publisher: EventPublisher;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

let dependencies: PublishFindingsDependencies | undefined;

/** Invoked by the quarantine table's stream. */
export const handler = (event: unknown): Promise<DynamoDBBatchResponse> =>
  handleFindings(event, (dependencies ??= build()));

/** Counts and announces findings; names the first record that failed, and the stream retries from there. */
export async function handleFindings(
  event: unknown,
  { counter, publisher, logger }: PublishFindingsDependencies,
): Promise<DynamoDBBatchResponse> {
  const outcomes = await publishFindings(readFindingRecords(event), { counter, publisher });
  for (const outcome of outcomes) logOutcome(outcome, logger);
  const failed = firstFailure(outcomes);
  return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
}

function logOutcome(
  { findingId, sequenceNumber, change, published }: FindingOutcome,
  logger: Pick<Logger, 'info' | 'error'>,
) {
  if (!published.ok) {
    logger.error(change === 'inserted' ? 'finding_not_published' : 'tombstone_not_published', {
      finding_id: findingId,
      sequence_number: sequenceNumber,
      reason: published.error,
    });
    return;
  }
  const found = published.value;
  logger.info(change === 'inserted' ? 'finding_published' : `finding_${change}`, {
    correlation_id: found.correlationId,
    finding_id: findingId,
    secret_type: found.secretType,
    severity: found.severity,
    hypercore_position: found.position,
    bzzz_message_id: found.messageId,
    // Of what is deleted nothing stays, not even in a log.
    redacted_content: change === 'inserted' ? found.redactedContent : undefined,
  });
}

function build(): PublishFindingsDependencies {
  const env = parseEnv(publishFindingsEnv, process.env);
  return {
    logger: createLogger('quarantine'),
    counter: createDynamoCaseCounter({
      client: createDynamo(),
      quarantineTable: env.QUARANTINE_TABLE,
      caseTable: env.CASE_TABLE,
      metricsTable: env.METRICS_TABLE,
      clock: systemClock,
      wait: (milliseconds) => wait(milliseconds),
    }),
    publisher: announcingBus(createEventBridge(), env.EVENT_BUS_NAME),
  };
}
