import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { sequenceLogEnv } from '../../functions/audit/sequence-log.env.ts';
import {
  AUDIT_HISTORY_CONFLICTS,
  AUDIT_OLDEST_WAITING,
  AUDIT_REFUSED,
  AUDIT_THRESHOLD,
  METRICS_NAMESPACE,
} from '../../functions/contracts/metrics.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import { EveryMinute } from '../platform/every-minute.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import type { AuditLog } from './audit-log.ts';
import { AUDIT_POLICY } from './policy.ts';

export interface SequencerProps {
  readonly foundation: Foundation;
  readonly log: AuditLog;
  readonly bus: IEventBus;
}

/** A run is over before the next one starts; two at once would be correct, and would only overtake one another. */
const RUN_SECONDS = 57;
/** What comes within it shares the objects of a batch; what an act waits at most before it is in the log. */
const BATCH_EVERY_MS = AUDIT_POLICY.chain.checkpoint_every * 1000;
const NOT_YET = 'What was done lies in the outbox, and nobody can verify it yet.';

/** Takes what waits in the outbox into the log: a run a minute, a batch each few seconds (docs/decisions/0011). */
export class Sequencer extends Construct {
  readonly function: ServiceFunction<typeof sequenceLogEnv>;

  constructor(scope: Construct, id: string, props: SequencerProps) {
    super(scope, id);
    const { foundation, log, bus } = props;
    this.function = new ServiceFunction(this, 'Sequence', {
      settings: foundation.settings,
      handler: 'audit/sequence-log',
      schema: sequenceLogEnv,
      environment: {
        AUDIT_TABLE: log.table.table.tableName,
        LOG_BUCKET: log.bucket.bucketName,
        WORK_BUCKET: log.workBucket.bucketName,
        LOG_ORIGIN: log.origin,
        ED25519_KEY: log.ed25519Key.keyArn,
        ECDSA_KEY: log.ecdsaKey.keyArn,
        EVENT_BUS_NAME: bus.eventBusName,
        SEQUENCE_SECONDS: String(RUN_SECONDS),
        BATCH_EVERY_MS: String(BATCH_EVERY_MS),
      },
      // A batch of the largest entries, several times over; the rest of the time it waits for the network.
      memoryMb: AUDIT_POLICY.batching.memory_mb,
      timeout: Duration.seconds(RUN_SECONDS + 60),
    });
    log.grantPublish(this.function.ownRole);
    bus.grantPutEventsTo(this.function);
    // The next minute's run finishes what this one left.
    this.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: ONE_MINUTE });
    new EveryMinute(this, 'EveryMinute', {
      starts: this.function,
      description: 'Starts a run of the sequencer of the audit log',
    });
    this.#watch(foundation);
    for (const threshold of AUDIT_POLICY.thresholds) this.#watchThreshold(foundation, threshold);
  }

  /** Of the policy: so many entries of one kind within a time. */
  #watchThreshold(foundation: Foundation, threshold: (typeof AUDIT_POLICY.thresholds)[number]): void {
    const { name, within, at_least, impact, action } = threshold;
    new Alarm(this, `Threshold${name}`, {
      foundation,
      metric: new Metric({
        namespace: METRICS_NAMESPACE,
        metricName: AUDIT_THRESHOLD,
        dimensionsMap: { service: 'audit', Threshold: name },
        statistic: 'Sum',
        period: Duration.seconds(within),
      }),
      fires: { atLeast: at_least },
      periods: 1,
      impact,
      action,
      runbook: 'lib/audit/runbook.md#ThresholdReached',
    });
  }

  #watch(foundation: Foundation): void {
    const counted = (metricName: string, statistic: 'Maximum' | 'Sum') =>
      new Metric({
        namespace: METRICS_NAMESPACE,
        metricName,
        dimensionsMap: { service: 'audit' },
        statistic,
        period: ONE_MINUTE,
      });
    new Alarm(this, 'Behind', {
      foundation,
      metric: counted(AUDIT_OLDEST_WAITING, 'Maximum'),
      fires: { atLeast: AUDIT_POLICY.monitoring.waiting_at_most },
      periods: 3,
      impact: NOT_YET,
      action: "Read the sequencer's last error lines.",
      runbook: 'lib/audit/runbook.md#SequencerBehind',
    });
    new Alarm(this, 'Silent', {
      foundation,
      metric: this.function.metricInvocations({ period: ONE_MINUTE, statistic: 'Sum' }),
      fires: { below: 1 },
      periods: 3,
      impact: NOT_YET,
      action: 'See whether the rule that starts it is enabled and the function is throttled.',
      runbook: 'lib/audit/runbook.md#SequencerSilent',
    });
    new Alarm(this, 'Failing', {
      foundation,
      metric: this.function.metricErrors({ period: ONE_MINUTE, statistic: 'Sum' }),
      fires: { atLeast: 1 },
      periods: 3,
      impact: NOT_YET,
      action: "Read the sequencer's last error lines.",
      runbook: 'lib/audit/runbook.md#SequencerFailing',
    });
    new Alarm(this, 'Conflict', {
      foundation,
      metric: counted(AUDIT_HISTORY_CONFLICTS, 'Sum'),
      fires: { atLeast: 1 },
      periods: 1,
      impact:
        'Somebody has changed the audit log or its head, and nothing more is signed until a person has looked.',
      action: 'Touch nothing; run `npx shhh-audit verify` and keep what it says.',
      runbook: 'lib/audit/runbook.md#HistoryConflict',
    });
    new Alarm(this, 'Refused', {
      foundation,
      metric: counted(AUDIT_REFUSED, 'Sum'),
      fires: { atLeast: 1 },
      periods: 1,
      impact: 'An act was handed in that can be no entry, so the audit log says nothing of it.',
      action: 'Find the item in the table, see why, and have its producer hand it in anew.',
      runbook: 'lib/audit/runbook.md#ActRefused',
    });
  }
}
