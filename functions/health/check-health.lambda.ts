import type { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import type { HealthReport } from '../contracts/health.ts';
import { QUARANTINE_SIZE, UNHEALTHY_COMPONENTS } from '../contracts/metrics.ts';
import { systemClock, type Clock } from '../kernel/clock.ts';
import { createDynamo, createSns, createSqs } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createDynamoLogState } from './adapters/dynamo-log-state.ts';
import { createDynamoPendingFindings } from './adapters/dynamo-pending-findings.ts';
import { createSnsAlertChannelState } from './adapters/sns-alert-channel-state.ts';
import { createSqsQueueState } from './adapters/sqs-queue-state.ts';
import { checkHealthEnv } from './check-health.env.ts';
import { checkHealth, type Probes } from './domain/check-health.ts';

/** Of one probe; all run at once, and the function's timeout is 30 s. */
const PROBE_DEADLINE_MS = 8_000;

export interface CheckHealthDependencies {
  readonly probes: Probes;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>;
}

let dependencies: CheckHealthDependencies | undefined;

/** Invoked every minute, and by whoever asks; its input does not matter. */
export const handler = (): Promise<HealthReport> => answerHealth((dependencies ??= build()));

/** Answers how every part does; counts the unhealthy ones and what waits for a review as metrics. */
export async function answerHealth(deps: CheckHealthDependencies): Promise<HealthReport> {
  const { report, pending } = await checkHealth(deps.probes, {
    clock: deps.clock,
    deadline: () => AbortSignal.timeout(PROBE_DEADLINE_MS),
  });
  const unhealthy = Object.entries(report.components).filter(([, { status }]) => status !== 'ok');
  deps.metrics.addMetric(UNHEALTHY_COMPONENTS, MetricUnit.Count, unhealthy.length);
  if (pending !== undefined) deps.metrics.addMetric(QUARANTINE_SIZE, MetricUnit.Count, pending);
  deps.metrics.publishStoredMetrics();
  if (unhealthy.length === 0) deps.logger.info('health_checked', { status: report.status });
  else
    deps.logger.warn('health_checked', { status: report.status, unhealthy: Object.fromEntries(unhealthy) });
  return report;
}

function build(): CheckHealthDependencies {
  const env = parseEnv(checkHealthEnv, process.env);
  const dynamo = createDynamo();
  return {
    clock: systemClock,
    logger: createLogger('health'),
    metrics: createMetrics('health'),
    probes: {
      logs: createDynamoLogState(dynamo, env.INGEST_TABLE),
      database: createDynamoPendingFindings(dynamo, env.QUARANTINE_TABLE, systemClock),
      queue: createSqsQueueState(createSqs(), {
        queueUrl: env.ENTRY_QUEUE_URL,
        deadLetterUrl: env.ENTRY_DLQ_URL,
      }),
      alertChannel: createSnsAlertChannelState(createSns(), env.ALERT_TOPIC_ARN),
    },
  };
}
