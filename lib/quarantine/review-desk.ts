import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { reviewCaseEnv } from '../../functions/quarantine/review-case.env.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import type { CaseTable } from './case-table.ts';
import type { DailyMetricsTable } from './daily-metrics-table.ts';
import type { QuarantineTable } from './quarantine-table.ts';

export interface ReviewDeskProps {
  readonly foundation: Foundation;
  readonly quarantine: QuarantineTable;
  readonly cases: CaseTable;
  readonly metrics: DailyMetricsTable;
}

/** Where reviewers ask for cases and decide about them, by direct invocation: whoever may invoke it is a reviewer. */
export class ReviewDesk extends Construct {
  readonly function: ServiceFunction<typeof reviewCaseEnv>;

  constructor(scope: Construct, id: string, props: ReviewDeskProps) {
    super(scope, id);
    const { foundation, quarantine, cases, metrics } = props;
    this.function = new ServiceFunction(this, 'Review', {
      settings: foundation.settings,
      handler: 'quarantine/review-case',
      schema: reviewCaseEnv,
      environment: {
        QUARANTINE_TABLE: quarantine.table.tableName,
        CASE_TABLE: cases.table.tableName,
        METRICS_TABLE: metrics.table.tableName,
        CASE_MEMORY_DAYS: String(foundation.settings.caseMemoryDays),
      },
      memoryMb: 256,
      timeout: Duration.seconds(20),
    });
    quarantine.grantRead(this.function);
    cases.grantReview(this.function);
    metrics.grantAdd(this.function);
    new Alarm(this, 'Failing', {
      foundation,
      metric: this.function.metricErrors({ period: ONE_MINUTE, statistic: 'Sum' }),
      fires: { atLeast: 1 },
      periods: 1,
      impact: 'A reviewer could not see or decide a case.',
      action: "Read the function's last error line.",
      runbook: 'lib/quarantine/runbook.md#ReviewFailing',
    });
  }
}
