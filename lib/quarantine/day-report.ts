import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { reportDayEnv } from '../../functions/quarantine/report-day.env.ts';
import { Alarm } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import type { DailyMetricsTable } from './daily-metrics-table.ts';

export interface DayReportProps {
  readonly foundation: Foundation;
  readonly metrics: DailyMetricsTable;
}

const EVERY = Duration.minutes(15);

/** Puts the counters by UTC day into CloudWatch. */
export class DayReport extends Construct {
  constructor(scope: Construct, id: string, props: DayReportProps) {
    super(scope, id);
    const { foundation, metrics } = props;
    const report = new ServiceFunction(this, 'Count', {
      settings: foundation.settings,
      handler: 'quarantine/report-day',
      schema: reportDayEnv,
      environment: { METRICS_TABLE: metrics.table.tableName },
      memoryMb: 256,
      timeout: Duration.seconds(60),
    });
    metrics.grantRead(report);
    new Rule(this, 'Every15Minutes', {
      schedule: Schedule.rate(EVERY),
      description: 'SHHH: counters by UTC day into CloudWatch',
      // The next run reports all of it again.
      targets: [new LambdaFunction(report, { retryAttempts: 0, maxEventAge: EVERY })],
    });
    new Alarm(this, 'Failing', {
      foundation,
      metric: report.metricErrors({ period: EVERY, statistic: 'Sum' }),
      fires: { atLeast: 1 },
      periods: 2,
      impact: 'Dashboards show old daily figures; nothing is lost, the counters are in their table.',
      action: "Read the function's last error line.",
      runbook: 'lib/quarantine/runbook.md#DayReportFailing',
    });
  }
}
