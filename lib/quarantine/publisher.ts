import { Duration } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { publishCasesEnv } from '../../functions/quarantine/publish-cases.env.ts';
import { publishFindingsEnv } from '../../functions/quarantine/publish-findings.env.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import type { CaseTable } from './case-table.ts';
import type { DailyMetricsTable } from './daily-metrics-table.ts';
import { Outbox } from './outbox.ts';
import type { QuarantineTable } from './quarantine-table.ts';

export interface PublisherProps {
  readonly foundation: Foundation;
  readonly quarantine: QuarantineTable;
  readonly cases: CaseTable;
  readonly metrics: DailyMetricsTable;
  readonly bus: IEventBus;
}

/** Counts what is written to the quarantine into its case and turns it into events on the bus, in order, at least once. */
export class Publisher extends Construct {
  readonly function: ServiceFunction<typeof publishFindingsEnv>;

  constructor(scope: Construct, id: string, props: PublisherProps) {
    super(scope, id);
    const { foundation, quarantine, cases, metrics, bus } = props;
    const publish = new ServiceFunction(this, 'Publish', {
      settings: foundation.settings,
      handler: 'quarantine/publish-findings',
      schema: publishFindingsEnv,
      environment: {
        EVENT_BUS_NAME: bus.eventBusName,
        QUARANTINE_TABLE: quarantine.table.tableName,
        CASE_TABLE: cases.table.tableName,
        METRICS_TABLE: metrics.table.tableName,
      },
      memoryMb: 512,
      timeout: Duration.seconds(30),
    });
    this.function = publish;
    bus.grantPutEventsTo(publish);
    quarantine.grantShowCase(publish);
    cases.grantCount(publish);
    metrics.grantAdd(publish);
    new Outbox(this, 'Outbox', {
      foundation,
      table: quarantine.table,
      changes: ['INSERT', 'REMOVE'],
      publisher: publish,
      impact: 'Findings rest in the quarantine and nobody is told of them.',
      lateImpact: 'Alerts and responses come more than a minute late.',
      runbook: {
        unpublished: 'lib/quarantine/runbook.md#PublisherDlqNotEmpty',
        late: 'lib/quarantine/runbook.md#PublisherLate',
      },
    });
  }
}

export interface CasePublisherProps {
  readonly foundation: Foundation;
  readonly quarantine: QuarantineTable;
  readonly cases: CaseTable;
  readonly bus: IEventBus;
}

/** Shows what was decided about a case on its findings and announces it. */
export class CasePublisher extends Construct {
  readonly function: ServiceFunction<typeof publishCasesEnv>;

  constructor(scope: Construct, id: string, props: CasePublisherProps) {
    super(scope, id);
    const { foundation, quarantine, cases, bus } = props;
    const publish = new ServiceFunction(this, 'Publish', {
      settings: foundation.settings,
      handler: 'quarantine/publish-cases',
      schema: publishCasesEnv,
      environment: {
        EVENT_BUS_NAME: bus.eventBusName,
        QUARANTINE_TABLE: quarantine.table.tableName,
      },
      memoryMb: 512,
      // A case of ten thousand findings takes its time to be shown on each.
      timeout: Duration.minutes(5),
    });
    this.function = publish;
    bus.grantPutEventsTo(publish);
    quarantine.grantShowCase(publish);
    quarantine.grantRead(publish);
    new Outbox(this, 'Outbox', {
      foundation,
      table: cases.table,
      changes: ['MODIFY', 'REMOVE'],
      publisher: publish,
      impact: 'A decision about a case is written and neither its findings nor the alerts know of it.',
      lateImpact: 'What reviewers decide shows more than a minute late; a legal hold as well.',
      runbook: {
        unpublished: 'lib/quarantine/runbook.md#CasePublisherDlqNotEmpty',
        late: 'lib/quarantine/runbook.md#CasePublisherLate',
      },
    });
  }
}
