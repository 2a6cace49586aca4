import { Duration } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { ReportRequest, ReportSchedule } from '../../functions/contracts/reports.ts';
import { makeReportsEnv } from '../../functions/reports/make-reports.env.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { grantInvoke } from '../audit/beside-bucket.ts';
import { Alarm } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import { TypstLayer } from '../platform/layers.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import { managedSecrets } from '../rotation/managed-secrets.ts';
import { ConfigurationReaders } from './configuration-readers.ts';
import type { ReportArchive } from './report-archive.ts';

export interface ReporterProps {
  readonly foundation: Foundation;
  readonly log: AuditLog;
  readonly archive: ReportArchive;
  readonly bus: IEventBus;
  /** Stacks whose settings reports look at, by name. */
  readonly stacks: readonly string[];
  /** Names of tables whose items have to expire. */
  readonly expiringTables: readonly string[];
  /** Names of tables without recovery on purpose: what they hold must be gone when it is deleted. */
  readonly passingTables: readonly string[];
}

/**
 * When each is made, at 06:00 of its time zone: four days behind the period or more. The longest test waits three days
 * for an answer, and what is late has a day to reach the log: a report that nothing is pending in is final.
 */
const CRON: Readonly<Record<ReportSchedule, string>> = {
  weekly: 'cron(0 6 ? * FRI *)',
  monthly: 'cron(0 6 5 * ? *)',
  quarterly: 'cron(0 6 5 1,4,7,10 ? *)',
};
const HOUR = Duration.hours(1);
const COMPILER = '@myriaddreamin/typst-ts-node-compiler';
const FONTS = ['@expo-google-fonts/ibm-plex-sans', '@expo-google-fonts/ibm-plex-mono'];

/** Makes reports, on schedules and on request. */
export class Reporter extends Construct {
  readonly function: ServiceFunction<typeof makeReportsEnv>;

  constructor(scope: Construct, id: string, props: ReporterProps) {
    super(scope, id);
    const { foundation, log, archive, bus, stacks, expiringTables, passingTables } = props;
    const { settings } = foundation;
    const { pdf, schedules, timeZone } = settings.reports;
    const secrets = managedSecrets(settings.stage, settings.rotation.policies).map(({ secret }) => secret);
    // Typst's binary is published for this processor only.
    const architecture = pdf ? ('x86_64' as const) : settings.architecture;
    this.function = new ServiceFunction(this, 'Make', {
      settings,
      architecture,
      handler: 'reports/make-reports',
      schema: makeReportsEnv,
      environment: {
        DEPLOYMENT: `shhh-${settings.stage}`,
        LOG_BUCKET: log.bucket.bucketName,
        LOG_ORIGIN: log.origin,
        ED25519_KEY: log.ed25519Key.keyArn,
        ECDSA_KEY: log.ecdsaKey.keyArn,
        REPORT_BUCKET: archive.bucket.bucketName,
        REPORT_KEY: archive.key.keyArn,
        REPORT_SIGNER: archive.signer,
        EVENT_BUS_NAME: bus.eventBusName,
        PDF: pdf ? 'yes' : 'no',
        CONFIGURED_STACKS: stacks.join(','),
        LOCKED_BUCKETS: log.bucket.bucketName,
        EXPIRING_TABLES: expiringTables.join(','),
        PASSING_TABLES: passingTables.join(','),
        MANAGED_SECRETS: secrets.join(','),
      },
      layers: pdf ? [new TypstLayer(this, 'Typst', { architecture })] : [],
      fromLayers: [COMPILER, ...FONTS],
      files: ['functions/reports/adapters/report.typ'],
      // One vCPU and what a million entries need, twice.
      memoryMb: 2_048,
      timeout: Duration.minutes(15),
    });
    log.grantVerify(this.function.ownRole);
    archive.grantArchive(this.function.ownRole);
    bus.grantPutEventsTo(this.function);
    new ConfigurationReaders(this, 'Configuration', { stage: settings.stage, stacks, secrets }).grantLook(
      this.function.ownRole,
    );
    this.function.configureAsyncInvoke({ retryAttempts: 2, maxEventAge: Duration.hours(6) });
    for (const { last, frameworks } of schedules)
      this.#schedule({ last, frameworks: [...frameworks], timeZone });
    new Alarm(this, 'Failing', {
      foundation,
      metric: this.function.metricErrors({ period: HOUR, statistic: 'Sum' }),
      fires: { atLeast: 1 },
      periods: 1,
      impact: 'A report was not made; it is tried again twice, and nothing of it counts as a report.',
      action: "Read the function's last error lines, then ask for the report by hand.",
      runbook: 'lib/reports/runbook.md#ReportsFailing',
    });
  }

  #schedule(input: Extract<ReportRequest, { last: unknown }>): void {
    const name = `${input.last.charAt(0).toUpperCase()}${input.last.slice(1)}`;
    const role = new Role(this, `${name}Role`, {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com'),
    });
    grantInvoke(role, this.function);
    new CfnSchedule(this, name, {
      description: `SHHH: ${input.last} reports`,
      scheduleExpression: CRON[input.last],
      scheduleExpressionTimezone: input.timeZone,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: this.function.functionArn,
        roleArn: role.roleArn,
        input: JSON.stringify(input),
        retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: Duration.hours(6).toSeconds() },
      },
    });
  }
}
