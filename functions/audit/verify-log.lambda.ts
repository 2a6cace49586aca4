import type { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { AUDIT_PROBLEMS } from '../contracts/metrics.ts';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createEventBridge, createKms, createS3 } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createDynamoSeenCheckpoint } from './adapters/dynamo-seen-checkpoint.ts';
import { createDeviations } from './adapters/eventbridge-deviations.ts';
import { createKmsSigner } from './adapters/kms-signer.ts';
import { createS3Source } from '../platform/s3-log-source.ts';
import { checkIntegrity, type CheckIntegrity } from './domain/check-integrity.ts';
import { verifyLogEnv } from './verify-log.env.ts';

export interface VerifyLogDependencies {
  readonly integrity: CheckIntegrity;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>;
}

/** What the schedules, and whoever starts it by hand, ask for. */
const request = z.object({ scope: z.enum(['all', 'new']) });

let dependencies: Promise<VerifyLogDependencies> | undefined;

/** Started by schedules; answers what it found. */
export async function handler(event: unknown): Promise<{ entries: number; problems: number }> {
  dependencies ??= build();
  try {
    return await verifyScheduled(event, await dependencies);
  } catch (error) {
    // What could not be built is built anew: KMS may have been out of reach for a moment.
    dependencies = undefined;
    throw error;
  }
}

/** One check: what deviates is counted, logged by place and kind, and told on the bus. */
export async function verifyScheduled(
  event: unknown,
  { integrity, logger, metrics }: VerifyLogDependencies,
): Promise<{ entries: number; problems: number }> {
  const { scope } = request.parse(event);
  const start = integrity.clock.now();
  try {
    const { entries, problemCount, problems } = await checkIntegrity(scope, integrity);
    for (const { where, what } of problems) logger.error('audit_deviation', { where, what });
    logger.info('audit_verified', {
      scope,
      entries,
      problems: problemCount,
      duration_ms: integrity.clock.now() - start,
    });
    metrics.addMetric(AUDIT_PROBLEMS, MetricUnit.Count, problemCount);
    return { entries, problems: problemCount };
  } catch (error) {
    logger.error('audit_not_verified', { scope, ...describeError(error) });
    throw error;
  } finally {
    metrics.publishStoredMetrics();
  }
}

async function build(): Promise<VerifyLogDependencies> {
  const env = parseEnv(verifyLogEnv, process.env);
  const { keys } = await createKmsSigner({
    kms: createKms(),
    origin: env.LOG_ORIGIN,
    pairs: [{ ed25519Key: env.ED25519_KEY, ecdsaKey: env.ECDSA_KEY }],
  });
  return {
    integrity: {
      source: createS3Source(createS3(), env.LOG_BUCKET),
      keys,
      seen: createDynamoSeenCheckpoint(createDynamo(), env.AUDIT_TABLE),
      announce: createDeviations(createEventBridge(), env.EVENT_BUS_NAME),
      clock: systemClock,
      wait: (milliseconds) => wait(milliseconds),
    },
    logger: createLogger('audit'),
    metrics: createMetrics('audit'),
  };
}
