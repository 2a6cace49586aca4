import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { checkHealthEnv } from '../../functions/health/check-health.env.ts';
import { METRICS_NAMESPACE, UNHEALTHY_COMPONENTS } from '../../functions/contracts/metrics.ts';
import type { Alerts } from '../alerts/alerts.ts';
import type { EntryQueue } from '../ingest/entry-queue.ts';
import type { IngestTable } from '../ingest/ingest-table.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import { EveryMinute } from '../platform/every-minute.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import type { QuarantineTable } from '../quarantine/quarantine-table.ts';

export interface HealthProps {
  readonly foundation: Foundation;
  readonly ingest: IngestTable;
  readonly entries: EntryQueue;
  readonly quarantine: QuarantineTable;
  readonly alerts: Alerts;
}

/** Answers, each minute and on request, whether logs, database, queue and alert channel work. */
export class Health extends Construct {
  readonly function: ServiceFunction<typeof checkHealthEnv>;

  constructor(scope: Construct, id: string, props: HealthProps) {
    super(scope, id);
    const { foundation, ingest, entries, quarantine, alerts } = props;
    this.function = new ServiceFunction(this, 'Check', {
      settings: foundation.settings,
      handler: 'health/check-health',
      schema: checkHealthEnv,
      environment: {
        INGEST_TABLE: ingest.table.tableName,
        QUARANTINE_TABLE: quarantine.table.tableName,
        ENTRY_QUEUE_URL: entries.queue.queueUrl,
        ENTRY_DLQ_URL: entries.deadLetters.queueUrl,
        ALERT_TOPIC_ARN: alerts.topic.topicArn,
      },
      memoryMb: 512,
      timeout: Duration.seconds(30),
    });
    ingest.grantRead(this.function);
    quarantine.grantRead(this.function);
    entries.grantInspect(this.function);
    alerts.grantInspect(this.function);
    new EveryMinute(this, 'EveryMinute', {
      starts: this.function,
      description: 'Checks the health of logs, database, queue and alert channel',
    });
    const unhealthy = (statistic: 'Maximum' | 'SampleCount') =>
      new Metric({
        namespace: METRICS_NAMESPACE,
        metricName: UNHEALTHY_COMPONENTS,
        // Powertools gives every metric its service.
        dimensionsMap: { service: 'health' },
        statistic,
        period: ONE_MINUTE,
      });
    new Alarm(this, 'Degraded', {
      foundation,
      metric: unhealthy('Maximum'),
      fires: { atLeast: 1 },
      periods: 5,
      impact: 'A part of the way from log to alert does not work: leaks may stay unseen or unannounced.',
      action: 'Run `npm run health`: it names the part, the reason and the next step.',
      runbook: 'lib/health/runbook.md#HealthDegraded',
    });
    // A check that does not run reports nothing, and nothing looks like health.
    new Alarm(this, 'Silent', {
      foundation,
      metric: unhealthy('SampleCount'),
      fires: { below: 1 },
      periods: 5,
      impact: 'Nobody would be told if a part of the way from log to alert stopped working.',
      action: "Read the health function's last error lines, and see whether its schedule is enabled.",
      runbook: 'lib/health/runbook.md#HealthSilent',
    });
  }
}
