import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { DynamoDBBatchResponse } from 'aws-lambda';
import { REVOCATIONS_NEED_PEOPLE, REVOCATIONS_URGENT } from '../contracts/metrics.ts';
import type { RevocationChanged } from '../contracts/revocation.ts';
import { publishChanges, type Publisher } from '../kernel/publish-changes.ts';
import { createEventBridge } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createEventBridgeRevocations } from './adapters/eventbridge-revocations.ts';
import { readChangeRecords } from './adapters/revocation-stream.ts';
import { revocationChange } from './domain/revocation.ts';
import { publishRevocationsEnv } from './publish-revocations.env.ts';

export interface PublishRevocationsDependencies {
  readonly publisher: Publisher<RevocationChanged>;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>;
}

let dependencies: PublishRevocationsDependencies | undefined;

/** Invoked by the revocation table's stream. */
export const handler = (event: unknown): Promise<DynamoDBBatchResponse> =>
  handleChanges(event, (dependencies ??= build()));

/** Announces changes; names the first record that failed, and the stream retries from there. */
export async function handleChanges(
  event: unknown,
  { publisher, logger, metrics }: PublishRevocationsDependencies,
): Promise<DynamoDBBatchResponse> {
  const outcomes = await publishChanges(readChangeRecords(event), revocationChange, publisher);
  const told = outcomes.flatMap(({ published }) =>
    published.ok && published.value ? [published.value] : [],
  );
  for (const change of told)
    logger[change.urgent ? 'error' : 'info']('revocation_changed', {
      correlation_id: change.correlationId,
      case_id: change.caseId,
      run: change.run,
      secret_type: change.secretType,
      severity: change.severity,
      status: change.status,
      reason: change.reason,
      last_seen: change.lastSeen,
      decided_by: change.decidedBy,
    });
  for (const { pk, sequenceNumber, published } of outcomes)
    if (!published.ok)
      logger.error('revocation_not_published', {
        case_id: pk,
        sequence_number: sequenceNumber,
        reason: published.error,
      });
  metrics.addMetric(REVOCATIONS_URGENT, MetricUnit.Count, told.filter(({ urgent }) => urgent).length);
  metrics.addMetric(REVOCATIONS_NEED_PEOPLE, MetricUnit.Count, told.filter(needsPeople).length);
  metrics.publishStoredMetrics();
  const failed = outcomes.find(({ published }) => !published.ok)?.sequenceNumber;
  return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
}

/** Of secrets that no provider here revokes, alerts tell; an alarm on each would be one on every finding. */
function needsPeople({ status, reason }: RevocationChanged): boolean {
  if (status === 'failed' || status === 'awaiting_approval') return true;
  return (
    status === 'manual' &&
    (reason === 'ambiguous' || reason === 'refused_by_provider' || reason === 'no_evidence')
  );
}

function build(): PublishRevocationsDependencies {
  const env = parseEnv(publishRevocationsEnv, process.env);
  return {
    publisher: createEventBridgeRevocations(createEventBridge(), env.EVENT_BUS_NAME),
    logger: createLogger('revocation'),
    metrics: createMetrics('revocation'),
  };
}
