import { Duration, SecretValue, Stack, Validations } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, type IEventBus } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import {
  METRICS_NAMESPACE,
  REVOCATIONS_NEED_PEOPLE,
  REVOCATIONS_URGENT,
} from '../../functions/contracts/metrics.ts';
import { QUARANTINE_EVENT_SOURCE, SECRET_QUARANTINED } from '../../functions/contracts/quarantine.ts';
import { advanceRevocationEnv } from '../../functions/revocation/advance-revocation.env.ts';
import { beginRevocationEnv } from '../../functions/revocation/begin-revocation.env.ts';
import { decideRevocationEnv } from '../../functions/revocation/decide-revocation.env.ts';
import { publishRevocationsEnv } from '../../functions/revocation/publish-revocations.env.ts';
import type { Settings } from '../config/settings.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import { WorkQueue } from '../platform/work-queue.ts';
import { Workflow } from '../platform/workflow.ts';
import { Outbox } from '../quarantine/outbox.ts';
import { revocationDefinition } from './definition.ts';
import { DeskApi } from './desk-api.ts';
import type { Evidence } from './evidence.ts';
import type { RevocationTable } from './revocation-table.ts';

export interface RevocationProps {
  readonly foundation: Foundation;
  readonly table: RevocationTable;
  readonly evidence: Evidence;
  readonly bus: IEventBus;
  /** Rotation's function that tells which secrets are managed and has them replaced; absent where none is. */
  readonly notice?: IFunction | undefined;
}

/** Less than the claim of a call to a provider (`CLAIM_MS`), more than such a call with its retries. */
const STEP_TIMEOUT = Duration.seconds(60);
const IMPACT = 'A leaked credential is quarantined, and nothing is done about it.';

const addressesOf = ({ revocation }: Settings) =>
  ({
    PUBLIC_PROVIDERS: revocation.publicProviders ? 'yes' : 'no',
    PROVIDER_ADDRESSES: JSON.stringify(revocation.addresses),
  }) as const;

/** Takes leaked credentials out of service, and asks people where the policy says so. */
export class Revocation extends Construct {
  /** Takes the steps of a run; it alone may open evidence. */
  readonly advance: ServiceFunction<typeof advanceRevocationEnv>;
  /** Credentials of our own at providers and teams' own automation; none until somebody puts them in. */
  readonly providerSettings: Secret;
  /** What people ask, by direct invocation: whoever may invoke it decides. */
  readonly desk: ServiceFunction<typeof decideRevocationEnv>;
  /** The same over HTTP. */
  readonly deskApi: DeskApi;

  constructor(scope: Construct, id: string, props: RevocationProps) {
    super(scope, id);
    const { foundation, table, evidence, bus } = props;
    const { settings } = foundation;
    const REVOCATION_TABLE = table.table.tableName;

    this.providerSettings = this.#createProviderSettings(foundation);
    this.advance = new ServiceFunction(this, 'Advance', {
      settings,
      handler: 'revocation/advance-revocation',
      schema: advanceRevocationEnv,
      environment: {
        ACCOUNT_ID: Stack.of(this).account,
        REVOCATION_TABLE,
        EVIDENCE_TABLE: evidence.table.tableName,
        EVIDENCE_KEY_ID: evidence.key.keyArn,
        PROVIDER_SETTINGS_ARN: this.providerSettings.secretArn,
        STAGE: settings.stage,
        ...addressesOf(settings),
        NOTICE_FUNCTION: props.notice?.functionName,
      },
      memoryMb: 512,
      timeout: STEP_TIMEOUT,
    });
    if (props.notice !== undefined)
      Grant.addToPrincipal({
        grantee: this.advance,
        resourceArns: [props.notice.functionArn],
        actions: ['lambda:InvokeFunction'],
      });
    table.grantRecord(this.advance);
    evidence.grantOpen(this.advance);
    Grant.addToPrincipal({
      grantee: this.advance,
      resourceArns: [this.providerSettings.secretArn],
      actions: ['secretsmanager:GetSecretValue'],
    });
    this.#grantRevokeAwsKeys();

    const workflow = new Workflow(this, 'Workflow', {
      foundation,
      name: 'revocation',
      definition: revocationDefinition(this.advance.functionArn),
      calls: [this.advance],
      timeout: Duration.days(2),
      impact: IMPACT,
      runbook: {
        broken: 'lib/revocation/runbook.md#RevocationBroken',
        cutOff: 'lib/revocation/runbook.md#RevocationCutOff',
      },
    });
    const { stateMachineArn } = workflow.stateMachine;

    this.#begin(props, workflow);

    this.desk = new ServiceFunction(this, 'Decide', {
      settings,
      handler: 'revocation/decide-revocation',
      schema: decideRevocationEnv,
      environment: { REVOCATION_TABLE, STATE_MACHINE_ARN: stateMachineArn },
      memoryMb: 256,
      timeout: Duration.seconds(20),
    });
    table.grantRecord(this.desk);
    workflow.grantStart(this.desk);
    for (const grantee of [this.desk, this.advance]) workflow.grantResume(grantee);
    this.deskApi = new DeskApi(this, 'DeskApi', { foundation, table, workflow });

    const publish = new ServiceFunction(this, 'Publish', {
      settings,
      handler: 'revocation/publish-revocations',
      schema: publishRevocationsEnv,
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
      impact: 'What became of a revocation is written and nobody is told of it.',
      lateImpact: 'What becomes of revocations is told more than a minute late.',
      runbook: {
        unpublished: 'lib/revocation/runbook.md#RevocationsUnpublished',
        late: 'lib/revocation/runbook.md#RevocationsUnpublished',
      },
    });
    this.#alarms(foundation);
  }

  /** A deploy does not touch again what a person put in. */
  #createProviderSettings(foundation: Foundation): Secret {
    const secret = new Secret(this, 'ProviderSettings', {
      description: 'SHHH: credentials to revoke with at providers, and hooks to automation that revokes',
      encryptionKey: foundation.dataKey,
      secretStringValue: SecretValue.unsafePlainText('{"own":{},"hooks":{}}'),
      removalPolicy: foundation.removalPolicy,
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'It holds credentials of several providers, each of which a person replaces there and here.',
    });
    return secret;
  }

  #begin({ foundation, table, evidence, bus }: RevocationProps, workflow: Workflow): void {
    const timeout = Duration.seconds(30);
    const waiting = new WorkQueue(this, 'Waiting', {
      foundation,
      consumerTimeout: timeout,
      retention: Duration.days(4),
      oldestSeconds: 120,
      impact: IMPACT,
      runbook: {
        old: 'lib/revocation/runbook.md#RevocationsLate',
        dead: 'lib/revocation/runbook.md#RevocationDlqNotEmpty',
      },
    });
    new Rule(this, 'Findings', {
      eventBus: bus,
      description: 'Findings become revocations',
      eventPattern: { source: [QUARANTINE_EVENT_SOURCE], detailType: [SECRET_QUARANTINED] },
      targets: [new SqsQueue(waiting.queue, { deadLetterQueue: waiting.deadLetters, retryAttempts: 185 })],
    });
    const begin = new ServiceFunction(this, 'Begin', {
      settings: foundation.settings,
      handler: 'revocation/begin-revocation',
      schema: beginRevocationEnv,
      environment: {
        REVOCATION_TABLE: table.table.tableName,
        EVIDENCE_TABLE: evidence.table.tableName,
        ...addressesOf(foundation.settings),
        STATE_MACHINE_ARN: workflow.stateMachine.stateMachineArn,
        KEPT_DAYS: String(foundation.settings.caseMemoryDays),
      },
      memoryMb: 256,
      timeout,
    });
    table.grantRecord(begin);
    evidence.grantErase(begin);
    workflow.grantStart(begin);
    foundation.grantDataKey(begin);
    begin.addEventSource(new SqsEventSource(waiting.queue, { batchSize: 10, reportBatchItemFailures: true }));
  }

  /** Keys are made inactive, never deleted, so that a person can undo it. */
  #grantRevokeAwsKeys(): void {
    const identities = (resource: string) =>
      Stack.of(this).formatArn({ service: 'iam', region: '', resource, resourceName: '*' });
    Grant.addToPrincipal({
      grantee: this.advance,
      resourceArns: [identities('user')],
      actions: [
        'iam:DeleteUserPolicy',
        'iam:GetAccessKeyLastUsed',
        'iam:GetUserPolicy',
        'iam:ListAccessKeys',
        'iam:PutUserPolicy',
        'iam:UpdateAccessKey',
      ],
    });
    Grant.addToPrincipal({
      grantee: this.advance,
      resourceArns: [identities('role')],
      actions: ['iam:DeleteRolePolicy', 'iam:GetRolePolicy', 'iam:PutRolePolicy'],
    });
    for (const kind of ['user', 'role'])
      Validations.of(this.advance.role ?? this.advance).acknowledge({
        id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:iam::<AWS::AccountId>:${kind}/*]`,
        reason:
          'Whose key leaks is not known before; the protected list holds the principals that may not be touched.',
      });
  }

  #alarms(foundation: Foundation): void {
    const counted = (metricName: string) => ({
      foundation,
      metric: new Metric({
        namespace: METRICS_NAMESPACE,
        metricName,
        dimensionsMap: { service: 'revocation' },
        statistic: 'Sum',
        period: ONE_MINUTE,
      }),
      fires: { atLeast: 1 },
      periods: 1,
    });
    new Alarm(this, 'Urgent', {
      ...counted(REVOCATIONS_URGENT),
      impact: 'A protected credential leaked, or one that should be dead still works.',
      action: 'Revoke it by hand now, by the steps in its record.',
      runbook: 'lib/revocation/runbook.md#RevocationUrgent',
    });
    new Alarm(this, 'NeedsPeople', {
      ...counted(REVOCATIONS_NEED_PEOPLE),
      impact: 'A leaked credential stays alive until a person decides or goes on by hand.',
      action: 'Look at what waits and why, then approve, reject or follow its steps.',
      runbook: 'lib/revocation/runbook.md#RevocationNeedsPeople',
    });
    new Alarm(this, 'DeskFailing', {
      foundation,
      metric: this.desk.metricErrors({ period: ONE_MINUTE, statistic: 'Sum' }),
      fires: { atLeast: 1 },
      periods: 1,
      impact: 'A person could not see or decide a revocation.',
      action: "Read the function's last error line.",
      runbook: 'lib/revocation/runbook.md#RevocationDeskFailing',
    });
  }
}
