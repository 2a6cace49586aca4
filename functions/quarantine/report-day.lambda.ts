import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import type { Logger } from '@aws-lambda-powertools/logger';
import { utcDay } from '../contracts/daily-metrics.ts';
import { systemClock, toIso, type Clock } from '../kernel/clock.ts';
import { createDynamo } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { readDailyMetrics } from './adapters/dynamo-daily-metrics.ts';
import type { DailyMetrics } from './domain/daily-metrics.ts';
import { reportDayEnv } from './report-day.env.ts';

export interface ReportDayDependencies {
  readonly read: (day: string) => Promise<DailyMetrics>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'setTimestamp' | 'publishStoredMetrics'>;
}

const DAY_MS = 86_400_000;

let dependencies: ReportDayDependencies | undefined;

/** Invoked by a schedule. */
export const handler = (): Promise<void> => reportDay((dependencies ??= build()));

/**
 * Puts the counters of yesterday and of today so far into CloudWatch, at the day's noon: counters only grow, so the
 * statistic Maximum over a day is the day's number, however often it was reported.
 */
export async function reportDay({ read, clock, logger, metrics }: ReportDayDependencies): Promise<void> {
  for (const at of [clock.now() - DAY_MS, clock.now()]) {
    const day = utcDay(toIso(at));
    const report = await read(day);
    metrics.setTimestamp(Math.min(Date.parse(`${day}T12:00:00.000Z`), clock.now()));
    metrics.addMetric('DailyMessagesScanned', MetricUnit.Count, report.messagesScanned);
    metrics.addMetric('DailySecretsDetected', MetricUnit.Count, report.secretsDetected);
    metrics.addMetric('DailyFalsePositives', MetricUnit.Count, report.falsePositives);
    metrics.addMetric('DailyRulesUpdated', MetricUnit.Count, report.rulesUpdated);
    if (report.latency) {
      metrics.addMetric('DailyLatencyAverage', MetricUnit.Milliseconds, report.latency.averageMs);
      metrics.addMetric('DailyLatencyP99', MetricUnit.Milliseconds, report.latency.p99Ms);
    }
    metrics.publishStoredMetrics();
    logger.info('day_reported', { ...report });
  }
}

function build(): ReportDayDependencies {
  const env = parseEnv(reportDayEnv, process.env);
  const client = createDynamo();
  return {
    read: (day) => readDailyMetrics(client, env.METRICS_TABLE, day),
    clock: systemClock,
    logger: createLogger('quarantine'),
    metrics: createMetrics('quarantine'),
  };
}
