import type { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import type { DynamoDBBatchResponse } from 'aws-lambda';
import { ROTATIONS_FAILED, ROTATIONS_NEED_PEOPLE } from '../contracts/metrics.ts';
import type { RotationChanged } from '../contracts/rotation.ts';
import { publishChanges, type Publisher } from '../kernel/publish-changes.ts';
import { createEventBridge } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createEventBridgeRotations } from './adapters/eventbridge-rotations.ts';
import { readRotationChanges } from './adapters/rotation-stream.ts';
import { failureOf } from './domain/rotation-failure.ts';
import { rotationChange } from './domain/rotation.ts';
import { publishRotationsEnv } from './publish-rotations.env.ts';

export interface PublishRotationsDependencies {
  readonly publisher: Publisher<RotationChanged>;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>;
}

let dependencies: PublishRotationsDependencies | undefined;

/** Invoked by the rotation table's stream. */
export const handler = (event: unknown): Promise<DynamoDBBatchResponse> =>
  handleRotationChanges(event, (dependencies ??= build()));

/** Announces changes; names the first record that failed, and the stream retries from there. */
export async function handleRotationChanges(
  event: unknown,
  { publisher, logger, metrics }: PublishRotationsDependencies,
): Promise<DynamoDBBatchResponse> {
  const outcomes = await publishChanges(readRotationChanges(event), rotationChange, publisher);
  const told: RotationChanged[] = [];
  for (const { pk, sequenceNumber, published } of outcomes) {
    if (!published.ok)
      logger.error('rotation_not_published', {
        secret: pk,
        sequence_number: sequenceNumber,
        reason: published.error,
      });
    else if (published.value !== undefined) told.push(published.value);
  }
  for (const change of told)
    logger[failureOf(change) ? 'error' : 'info']('rotation_changed', {
      correlation_id: change.trigger.correlationId,
      rotation_id: change.rotationId,
      secret: change.secret,
      run: change.run,
      trigger: change.trigger.kind,
      status: change.status,
      reason: change.reason,
    });
  const failures = told.filter((change) => failureOf(change) !== undefined);
  const held = failures.filter(({ status }) => status === 'held').length;
  metrics.addMetric(ROTATIONS_NEED_PEOPLE, MetricUnit.Count, held);
  metrics.addMetric(ROTATIONS_FAILED, MetricUnit.Count, failures.length - held);
  metrics.publishStoredMetrics();
  const first = outcomes.find(({ published }) => !published.ok)?.sequenceNumber;
  return { batchItemFailures: first === undefined ? [] : [{ itemIdentifier: first }] };
}

function build(): PublishRotationsDependencies {
  const env = parseEnv(publishRotationsEnv, process.env);
  return {
    publisher: createEventBridgeRotations(createEventBridge(), env.EVENT_BUS_NAME),
    logger: createLogger('rotation'),
    metrics: createMetrics('rotation'),
  };
}
