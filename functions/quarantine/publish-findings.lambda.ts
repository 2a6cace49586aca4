import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { DynamoDBBatchResponse } from 'aws-lambda';
import type { Logger } from '@aws-lambda-powertools/logger';
import { setTimeout as wait } from 'node:timers/promises';
import { createEventBridge } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger } from '../platform/logger.ts';
import { createEventBridgePublisher } from './adapters/eventbridge-publisher.ts';
import { readInsertions } from './adapters/quarantine-stream.ts';
import {
  firstFailure,
  publishInserted,
  type FindingPublisher,
  type RecordOutcome,
} from './domain/publish-findings.ts';
import { publishFindingsEnv } from './publish-findings.env.ts';

/** Of one request, the SDK's own retries included: three of them fit the function's 30 s. */
const REQUEST_DEADLINE_MS = 8_000;

export interface PublishFindingsDependencies {
  readonly publisher: FindingPublisher;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

let dependencies: PublishFindingsDependencies | undefined;

/** Invoked by the quarantine table's stream. */
export const handler = (event: unknown): Promise<DynamoDBBatchResponse> =>
  publishFindings(event, (dependencies ??= build()));

/** Announces inserted findings; names the first record that was not, and the stream retries from there. */
export async function publishFindings(
  event: unknown,
  { publisher, logger }: PublishFindingsDependencies,
): Promise<DynamoDBBatchResponse> {
  const outcomes = await publishInserted(readInsertions(event), publisher);
  for (const outcome of outcomes) logOutcome(outcome, logger);
  const failed = firstFailure(outcomes);
  return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
}

function logOutcome(
  { findingId, sequenceNumber, published }: RecordOutcome,
  logger: Pick<Logger, 'info' | 'error'>,
) {
  if (!published.ok) {
    logger.error('finding_not_published', {
      finding_id: findingId,
      sequence_number: sequenceNumber,
      reason: published.error,
    });
    return;
  }
  const found = published.value;
  logger.info('finding_published', {
    correlation_id: found.correlationId,
    finding_id: findingId,
    secret_type: found.secretType,
    severity: found.severity,
    hypercore_position: found.position,
    bzzz_message_id: found.messageId,
    redacted_content: found.redactedContent,
  });
}

function build(): PublishFindingsDependencies {
  const env = parseEnv(publishFindingsEnv, process.env);
  const bus = createEventBridge();
  return {
    logger: createLogger('quarantine'),
    publisher: createEventBridgePublisher({
      busName: env.EVENT_BUS_NAME,
      putEvents: (Entries) =>
        bus.send(new PutEventsCommand({ Entries }), {
          abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
        }),
      wait: (milliseconds) => wait(milliseconds),
    }),
  };
}
