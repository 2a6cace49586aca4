import { ArnFormat, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  EventField,
  Rule,
  RuleTargetInput,
  Schedule,
  type EventPattern,
  type IEventBus,
} from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Grant, ServicePrincipal, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import type { z } from 'zod';
import {
  ROTATIONS_FAILED,
  ROTATIONS_NEED_PEOPLE,
  METRICS_NAMESPACE,
} from '../../functions/contracts/metrics.ts';
import { QUARANTINE_EVENT_SOURCE, SECRET_QUARANTINED } from '../../functions/contracts/quarantine.ts';
import { SECRET_COMPROMISED } from '../../functions/contracts/rotation.ts';
import { advanceRotationEnv } from '../../functions/rotation/advance-rotation.env.ts';
import { askRotationEnv } from '../../functions/rotation/ask-rotation.env.ts';
import { keepScheduleEnv } from '../../functions/rotation/keep-schedule.env.ts';
import { noticeLeaksEnv } from '../../functions/rotation/notice-leaks.env.ts';
import { publishRotationsEnv } from '../../functions/rotation/publish-rotations.env.ts';
import { rotateSecretEnv } from '../../functions/rotation/rotate-secret.env.ts';
import type { EnvSchema } from '../../functions/platform/env.ts';
import type { Settings } from '../config/settings.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import { WorkQueue } from '../platform/work-queue.ts';
import { Workflow } from '../platform/workflow.ts';
import { Outbox } from '../quarantine/outbox.ts';
import { rotationDefinition } from './definition.ts';
import { managedSecrets, type ManagedSecretFacts } from './managed-secrets.ts';
import type { RotationTable } from './rotation-table.ts';

export interface RotationProps {
  readonly foundation: Foundation;
  readonly table: RotationTable;
  readonly bus: IEventBus;
  /** HMAC key that fingerprints of leaks are made under. */
  readonly fingerprintKey: Key;
  /** Absent: those of the packed policies. */
  readonly secrets?: readonly ManagedSecretFacts[];
}

/** Less than the claim of a call (`CLAIM_MS`), more than a step's calls with their retries. */
const STEP_TIMEOUT = Duration.seconds(60);
const IMPACT = 'A secret that should be replaced is not: it ages, or it has leaked and stays in use.';

/** What stands for the project's policies in the functions that read them, where the settings name others. */
const otherPolicies = ({ rotation }: Settings): Record<`#${string}`, string> =>
  rotation.policies === undefined ? {} : { '#rotation-policies': rotation.policies };

/** The STS that revocation asks: both have to come to the same opinion of a key. */
const stsOf = ({ revocation }: Settings) => {
  const address = revocation.addresses['aws.sts'];
  return address === undefined ? {} : { STS_ADDRESS: address };
};

/** Replaces managed secrets: by schedule, by age, by a person, or at once when one has leaked. */
export class Rotation extends Construct {
  /** Takes the steps of a run; it and the plain function alone may read and write managed secrets. */
  readonly advance: ServiceFunction<typeof advanceRotationEnv>;
  /** What people and consumers ask, by direct invocation: whoever may invoke it decides. */
  readonly desk: ServiceFunction<typeof askRotationEnv>;
  /** The function that a team attaches to a secret of its own. */
  readonly plain: ServiceFunction<typeof rotateSecretEnv>;
  /** Compares leaks with managed secrets, and has those replaced that revocation asks about; absent where none is managed. */
  readonly notice: ServiceFunction<typeof noticeLeaksEnv> | undefined;
  readonly #secrets: readonly ManagedSecretFacts[];

  constructor(scope: Construct, id: string, props: RotationProps) {
    super(scope, id);
    const { foundation, table, bus } = props;
    const { settings } = foundation;
    this.#secrets = props.secrets ?? managedSecrets(settings.stage, settings.rotation.policies);
    const name = 'rotation';
    // By its name, for the machine itself depends on the function that it calls.
    const STATE_MACHINE_ARN = Stack.of(this).formatArn({
      service: 'states',
      resource: 'stateMachine',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      resourceName: `shhh-${settings.stage}-${name}`,
    });
    // Looks as well whether a run that was started is under way still.
    const executions = `execution:shhh-${settings.stage}-${name}:*`;
    const grantStart = (grantee: ServiceFunction<EnvSchema>) => {
      Grant.addToPrincipal({
        grantee,
        resourceArns: [STATE_MACHINE_ARN],
        actions: ['states:StartExecution'],
      });
      Grant.addToPrincipal({
        grantee,
        resourceArns: [
          Stack.of(this).formatArn({
            service: 'states',
            resource: executions,
            arnFormat: ArnFormat.NO_RESOURCE_NAME,
          }),
        ],
        actions: ['states:DescribeExecution'],
      });
      Validations.of(grantee.ownRole).acknowledge({
        id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:${executions}]`,
        reason: 'Executions of its own machine, each named after its run.',
      });
    };
    const environment = {
      ROTATION_TABLE: table.table.tableName,
      STATE_MACHINE_ARN,
      STAGE: settings.stage,
    };

    const replacing = otherPolicies(settings);

    this.advance = new ServiceFunction(this, 'Advance', {
      settings,
      handler: 'rotation/advance-rotation',
      replacing,
      schema: advanceRotationEnv,
      environment: { ...environment, ...stsOf(settings) },
      memoryMb: 512,
      timeout: STEP_TIMEOUT,
    });
    table.grantRecord(this.advance);
    grantStart(this.advance);
    this.#grantRotate(this.advance);

    new Workflow(this, 'Workflow', {
      foundation,
      name,
      definition: rotationDefinition(this.advance.functionArn),
      calls: [this.advance],
      timeout: Duration.days(30),
      impact: IMPACT,
      runbook: {
        broken: 'lib/rotation/runbook.md#RotationBroken',
        cutOff: 'lib/rotation/runbook.md#RotationCutOff',
      },
    });

    this.desk = new ServiceFunction(this, 'Ask', {
      settings,
      handler: 'rotation/ask-rotation',
      replacing,
      schema: askRotationEnv,
      environment,
      memoryMb: 256,
      timeout: Duration.seconds(20),
    });
    table.grantRecord(this.desk);
    table.grantHistory(this.desk);
    grantStart(this.desk);

    const schedule = new ServiceFunction(this, 'Schedule', {
      settings,
      handler: 'rotation/keep-schedule',
      replacing,
      schema: keepScheduleEnv,
      environment,
      memoryMb: 256,
      timeout: STEP_TIMEOUT,
    });
    table.grantRecord(schedule);
    grantStart(schedule);
    this.#grantOnSecrets(schedule, ['secretsmanager:ListSecretVersionIds']);
    this.#rules(schedule);

    this.plain = new ServiceFunction(this, 'Plain', {
      settings,
      handler: 'rotation/rotate-secret',
      replacing,
      schema: rotateSecretEnv,
      environment: {
        ROTATION_TABLE: environment.ROTATION_TABLE,
        STAGE: settings.stage,
        ...stsOf(settings),
      },
      memoryMb: 512,
      timeout: STEP_TIMEOUT,
    });
    table.grantSee(this.plain);
    this.#grantRotate(this.plain);
    this.plain.addPermission('SecretsManager', {
      principal: new ServicePrincipal('secretsmanager.amazonaws.com'),
      sourceAccount: Stack.of(this).account,
    });

    const notice = this.#notice(props, environment, grantStart);
    this.notice = this.#secrets.length === 0 ? undefined : notice;

    const publish = new ServiceFunction(this, 'Publish', {
      settings,
      handler: 'rotation/publish-rotations',
      schema: publishRotationsEnv,
      environment: { EVENT_BUS_NAME: bus.eventBusName },
      memoryMb: 256,
      timeout: Duration.seconds(30),
    });
    bus.grantPutEventsTo(publish);
    new Outbox(this, 'Outbox', {
      foundation,
      table: table.table,
      changes: ['INSERT', 'MODIFY'],
      publisher: publish,
      impact: 'What became of a rotation is written and nobody is told of it.',
      lateImpact: 'What becomes of rotations is told more than a minute late.',
      runbook: {
        unpublished: 'lib/rotation/runbook.md#RotationsUnpublished',
        late: 'lib/rotation/runbook.md#RotationsUnpublished',
      },
    });
    this.#alarms(foundation, schedule);
  }

  /** A secret's ARN ends in six characters that its name does not tell. */
  #arnOf(secret: string): string {
    if (secret.startsWith('arn:')) return secret;
    return Stack.of(this).formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: `${secret}-??????`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  /** Nothing where nothing is managed: a statement without a resource is none. */
  #grantOnSecrets(
    grantee: IGrantable,
    actions: string[],
    secrets: readonly string[] = this.#secrets.map(({ secret }) => secret),
  ): void {
    if (secrets.length === 0) return;
    const resourceArns = [...new Set(secrets)].map((secret) => this.#arnOf(secret));
    Grant.addToPrincipal({ grantee, resourceArns, actions });
  }

  #grantRotate(grantee: IGrantable): void {
    this.#grantOnSecrets(grantee, [
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ]);
    this.#grantAccessKeys(grantee);
    const authorities = this.#secrets.flatMap(({ authority }) => authority ?? []);
    this.#grantOnSecrets(
      grantee,
      ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
      authorities,
    );
  }

  /** The keys of the users that policies name, and of no others. */
  #grantAccessKeys(grantee: IGrantable): void {
    const users = this.#secrets.flatMap(({ rotator }) => {
      const { userName, path = '/' } = rotator?.settings ?? {};
      return rotator?.kind === 'aws-iam' && userName !== undefined ? [`${path.slice(1)}${userName}`] : [];
    });
    if (users.length === 0) return;
    const arnOf = (resourceName: string) =>
      Stack.of(this).formatArn({ service: 'iam', region: '', resource: 'user', resourceName });
    Grant.addToPrincipal({
      grantee,
      resourceArns: [...new Set(users)].map(arnOf),
      actions: [
        'iam:ListAccessKeys',
        'iam:CreateAccessKey',
        'iam:UpdateAccessKey',
        'iam:DeleteAccessKey',
        'iam:GetAccessKeyLastUsed',
        'iam:ListUserTags',
        'iam:TagUser',
        'iam:UntagUser',
      ],
    });
  }

  /** One rule for each schedule, and one each hour that looks at ages and at what was left behind. */
  #rules(schedule: ServiceFunction<typeof keepScheduleEnv>): void {
    const starts = (input: Record<string, string>) =>
      new LambdaFunction(schedule, { event: RuleTargetInput.fromObject(input), retryAttempts: 3 });
    new Rule(this, 'Ages', {
      schedule: Schedule.rate(Duration.hours(1)),
      description: 'Looks which managed secrets are too old',
      targets: [starts({ do: 'age' })],
    });
    for (const { name, schedule: given } of this.#secrets)
      if (given !== undefined)
        new Rule(this, `Schedule-${name}`, {
          schedule: Schedule.expression(given.at),
          description: `Rotates ${name} on its schedule`,
          targets: [starts({ do: 'schedule', secret: name, dueAt: EventField.time })],
        });
  }

  #notice(
    { foundation, table, bus, fingerprintKey }: RotationProps,
    environment: z.input<typeof askRotationEnv>,
    grantStart: (grantee: ServiceFunction<EnvSchema>) => void,
  ): ServiceFunction<typeof noticeLeaksEnv> {
    const timeout = Duration.seconds(30);
    const indicators = new WorkQueue(this, 'Indicators', {
      foundation,
      consumerTimeout: timeout,
      retention: Duration.days(4),
      oldestSeconds: 60,
      impact: 'A managed secret may have leaked, and nobody has compared it.',
      runbook: {
        old: 'lib/rotation/runbook.md#RotationLeaksLate',
        dead: 'lib/rotation/runbook.md#RotationDlqNotEmpty',
      },
    });
    const patterns: Record<string, EventPattern> = {
      Findings: { source: [QUARANTINE_EVENT_SOURCE], detailType: [SECRET_QUARANTINED] },
      Threats: { detailType: [SECRET_COMPROMISED] },
    };
    for (const [id, eventPattern] of Object.entries(patterns))
      new Rule(this, id, {
        eventBus: bus,
        description: 'Compromise indicators become rotations',
        eventPattern,
        targets: [
          new SqsQueue(indicators.queue, { deadLetterQueue: indicators.deadLetters, retryAttempts: 185 }),
        ],
      });
    const notice = new ServiceFunction(this, 'Notice', {
      settings: foundation.settings,
      handler: 'rotation/notice-leaks',
      replacing: otherPolicies(foundation.settings),
      schema: noticeLeaksEnv,
      environment: { ...environment, FINGERPRINT_KEY_ID: fingerprintKey.keyArn },
      memoryMb: 512,
      timeout,
    });
    table.grantRecord(notice);
    grantStart(notice);
    fingerprintKey.grantGenerateMac(notice);
    this.#grantOnSecrets(notice, ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue']);
    foundation.grantDataKey(notice);
    notice.addEventSource(
      new SqsEventSource(indicators.queue, { batchSize: 10, reportBatchItemFailures: true }),
    );
    return notice;
  }

  #alarms(foundation: Foundation, schedule: ServiceFunction<typeof keepScheduleEnv>): void {
    const fires = { foundation, fires: { atLeast: 1 }, periods: 1 };
    const counted = (metricName: string) => ({
      ...fires,
      metric: new Metric({
        namespace: METRICS_NAMESPACE,
        metricName,
        dimensionsMap: { service: 'rotation' },
        statistic: 'Sum',
        period: ONE_MINUTE,
      }),
    });
    new Alarm(this, 'Failed', {
      ...counted(ROTATIONS_FAILED),
      impact: 'A secret was not replaced, or its old credential may still work.',
      action: 'Read the rotation and its reason, mend the cause, rotate again.',
      runbook: 'lib/rotation/runbook.md#RotationFailed',
    });
    new Alarm(this, 'NeedsPeople', {
      ...counted(ROTATIONS_NEED_PEOPLE),
      impact: 'A consumer uses the old version still: it breaks when that is retired.',
      action: 'See who is late; move it to the new version, then let the rotation go on or roll it back.',
      runbook: 'lib/rotation/runbook.md#RotationNeedsPeople',
    });
    for (const [id, each, impact] of [
      ['DeskFailing', this.desk, 'People cannot decide and consumers cannot acknowledge.'],
      ['ScheduleFailing', schedule, 'Secrets grow older than their policy allows.'],
    ] as const)
      new Alarm(this, id, {
        ...fires,
        metric: each.metricErrors({ period: ONE_MINUTE, statistic: 'Sum' }),
        impact,
        action: "Read the function's last error line.",
        runbook: `lib/rotation/runbook.md#Rotation${id}`,
      });
  }
}
