import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, RuleTargetInput, Schedule, type IEventBus } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { verifyLogEnv } from '../../functions/audit/verify-log.env.ts';
import { AUDIT_PROBLEMS, METRICS_NAMESPACE } from '../../functions/contracts/metrics.ts';
import { Alarm } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import type { AuditLog } from './audit-log.ts';
import { AUDIT_POLICY } from './policy.ts';

export interface IntegrityCheckProps {
  readonly foundation: Foundation;
  readonly log: AuditLog;
  readonly bus: IEventBus;
}

const HOUR = Duration.hours(1);
const UNPROVEN = 'Nobody would be told if the audit log were changed now.';

/** Verifies the log as a stranger would: what is new each hour, and all of it as often as the policy says. */
export class IntegrityCheck extends Construct {
  readonly function: ServiceFunction<typeof verifyLogEnv>;

  constructor(scope: Construct, id: string, props: IntegrityCheckProps) {
    super(scope, id);
    const { foundation, log, bus } = props;
    this.function = new ServiceFunction(this, 'Verify', {
      settings: foundation.settings,
      handler: 'audit/verify-log',
      schema: verifyLogEnv,
      environment: {
        AUDIT_TABLE: log.table.table.tableName,
        LOG_BUCKET: log.bucket.bucketName,
        LOG_ORIGIN: log.origin,
        ED25519_KEY: log.ed25519Key.keyArn,
        ECDSA_KEY: log.ecdsaKey.keyArn,
        EVENT_BUS_NAME: bus.eventBusName,
      },
      // One whole vCPU: it hashes everything.
      memoryMb: 1769,
      timeout: Duration.minutes(15),
    });
    log.grantVerify(this.function.ownRole);
    log.table.grantRemember(this.function);
    bus.grantPutEventsTo(this.function);
    // The next hour's check looks at the same.
    this.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: HOUR });
    this.#start('EveryHour', Schedule.rate(HOUR), 'new');
    this.#start('Whole', Schedule.rate(Duration.seconds(AUDIT_POLICY.chain.integrity_check_every)), 'all');
    this.#watch(foundation);
  }

  #start(id: string, schedule: Schedule, scope: 'all' | 'new'): void {
    new Rule(this, id, {
      schedule,
      description: `Verifies the audit log: ${scope === 'all' ? 'all of it' : 'what is new'}`,
      targets: [
        new LambdaFunction(this.function, {
          event: RuleTargetInput.fromObject({ scope }),
          retryAttempts: 0,
          maxEventAge: HOUR,
        }),
      ],
    });
  }

  #watch(foundation: Foundation): void {
    const problems = (statistic: 'Maximum' | 'SampleCount') =>
      new Metric({
        namespace: METRICS_NAMESPACE,
        metricName: AUDIT_PROBLEMS,
        dimensionsMap: { service: 'audit' },
        statistic,
        period: HOUR,
      });
    new Alarm(this, 'Deviation', {
      foundation,
      metric: problems('Maximum'),
      fires: { atLeast: 1 },
      periods: 1,
      impact:
        'The audit log is not what was signed: somebody has changed it, and it proves nothing from there on.',
      action: 'Touch nothing; run `npx shhh-audit verify` and keep what it says.',
      runbook: 'lib/audit/runbook.md#IntegrityDeviation',
    });
    new Alarm(this, 'Silent', {
      foundation,
      metric: problems('SampleCount'),
      fires: { below: 1 },
      periods: 1 + Math.ceil(AUDIT_POLICY.monitoring.check_late_by_at_most / HOUR.toSeconds()),
      impact: UNPROVEN,
      action: "Read the verifying function's last error lines, and see whether its schedules are enabled.",
      runbook: 'lib/audit/runbook.md#IntegritySilent',
    });
    new Alarm(this, 'Failing', {
      foundation,
      metric: this.function.metricErrors({ period: HOUR, statistic: 'Sum' }),
      fires: { atLeast: 1 },
      periods: 1,
      impact: UNPROVEN,
      action: "Read the verifying function's last error lines, and see whether it ran out of time.",
      runbook: 'lib/audit/runbook.md#IntegrityFailing',
    });
  }
}
