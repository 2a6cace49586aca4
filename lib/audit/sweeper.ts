import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { sweepBesideEnv } from '../../functions/audit/sweep-beside.env.ts';
import { Alarm } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import type { BesideBucket } from './beside-bucket.ts';
import { AUDIT_POLICY } from './policy.ts';

export interface SweeperProps {
  readonly foundation: Foundation;
  readonly beside: BesideBucket;
}

const HOUR = Duration.hours(1);

/** Deletes what expired beside the log, as often as the policy says. */
export class Sweeper extends Construct {
  constructor(scope: Construct, id: string, { foundation, beside }: SweeperProps) {
    super(scope, id);
    const sweep = new ServiceFunction(this, 'Sweep', {
      settings: foundation.settings,
      handler: 'audit/sweep-beside',
      schema: sweepBesideEnv,
      environment: { BESIDE_BUCKET: beside.bucket.bucketName },
      memoryMb: 256,
      timeout: Duration.minutes(5),
    });
    beside.grantSweep(sweep.ownRole);
    new Rule(this, 'Schedule', {
      description: 'Deletes what expired beside the audit log',
      schedule: Schedule.rate(Duration.seconds(AUDIT_POLICY.maintenance.sweep_every)),
      targets: [new LambdaFunction(sweep, { retryAttempts: 2, maxEventAge: HOUR })],
    });
    new Alarm(this, 'Failing', {
      foundation,
      metric: sweep.metricErrors({ period: HOUR, statistic: 'Sum' }),
      fires: { atLeast: 1 },
      periods: 1,
      impact: 'Personal data beside the audit log is kept longer than was promised.',
      action: "Read the sweeping function's last error line.",
      runbook: 'lib/audit/runbook.md#SweepFailing',
    });
  }
}
