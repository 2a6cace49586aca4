import { Duration } from 'aws-cdk-lib';
import { Rule, type IEventBus } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { REVOCATION_EVENT_SOURCE, SECRET_REVOKED } from '../../functions/contracts/revocation.ts';
import { recordRevocationEnv } from '../../functions/quarantine/record-revocation.env.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import { WorkQueue } from '../platform/work-queue.ts';
import type { CaseTable } from './case-table.ts';
import type { DailyMetricsTable } from './daily-metrics-table.ts';

export interface RevocationRecorderProps {
  readonly foundation: Foundation;
  readonly bus: IEventBus;
  readonly cases: CaseTable;
  readonly metrics: DailyMetricsTable;
}

/** Ends the case of a credential that was proven dead. */
export class RevocationRecorder extends Construct {
  constructor(scope: Construct, id: string, props: RevocationRecorderProps) {
    super(scope, id);
    const { foundation, bus, cases, metrics } = props;
    const timeout = Duration.seconds(20);
    const deaths = new WorkQueue(this, 'Deaths', {
      foundation,
      consumerTimeout: timeout,
      retention: Duration.days(4),
      oldestSeconds: 300,
      impact: 'Cases stay open although their credentials are dead: people look at them in vain.',
      runbook: {
        old: 'lib/quarantine/runbook.md#DeathsUnrecorded',
        dead: 'lib/quarantine/runbook.md#DeathsDlqNotEmpty',
      },
    });
    new Rule(this, 'Dead', {
      eventBus: bus,
      description: 'Proven deaths end cases',
      eventPattern: { source: [REVOCATION_EVENT_SOURCE], detailType: [SECRET_REVOKED] },
      targets: [new SqsQueue(deaths.queue, { deadLetterQueue: deaths.deadLetters, retryAttempts: 185 })],
    });
    const record = new ServiceFunction(this, 'Record', {
      settings: foundation.settings,
      handler: 'quarantine/record-revocation',
      schema: recordRevocationEnv,
      environment: {
        CASE_TABLE: cases.table.tableName,
        METRICS_TABLE: metrics.table.tableName,
        CASE_MEMORY_DAYS: String(foundation.settings.caseMemoryDays),
      },
      memoryMb: 256,
      timeout,
    });
    cases.grantDecide(record);
    metrics.grantAdd(record);
    foundation.grantDataKey(record);
    record.addEventSource(new SqsEventSource(deaths.queue, { batchSize: 10, reportBatchItemFailures: true }));
  }
}
