import type { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import { AUDIT_SWEPT } from '../contracts/metrics.ts';
import { systemClock, type Clock } from '../kernel/clock.ts';
import { createS3 } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createS3Beside } from './adapters/s3-beside.ts';
import { sweep, type ExpiredBeside } from './domain/sweep.ts';
import { sweepBesideEnv } from './sweep-beside.env.ts';

export interface SweepBesideDependencies {
  readonly beside: ExpiredBeside;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>;
}

/** Less than the function's timeout: what is left is deleted by the next run. */
const WORK_MS = 4 * 60_000;

let dependencies: SweepBesideDependencies | undefined;

/** Started by its schedule; what it is handed says nothing. */
export const handler = (): Promise<{ deleted: number }> => sweepBeside((dependencies ??= build()));

export async function sweepBeside({
  beside,
  clock,
  logger,
  metrics,
}: SweepBesideDependencies): Promise<{ deleted: number }> {
  const until = clock.now() + WORK_MS;
  const { deleted, finished } = await sweep(beside, clock, () => clock.now() < until);
  metrics.addMetric(AUDIT_SWEPT, MetricUnit.Count, deleted);
  metrics.publishStoredMetrics();
  logger.info('beside_swept', { deleted, finished });
  return { deleted };
}

function build(): SweepBesideDependencies {
  const env = parseEnv(sweepBesideEnv, process.env);
  return {
    beside: createS3Beside(createS3(), env.BESIDE_BUCKET),
    clock: systemClock,
    logger: createLogger('audit'),
    metrics: createMetrics('audit'),
  };
}
