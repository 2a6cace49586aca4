import { Duration, SecretValue, Validations } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { serveDeskEnv } from '../../functions/revocation/serve-desk.env.ts';
import { addStage } from '../platform/api-stage.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import type { Workflow } from '../platform/workflow.ts';
import type { RevocationTable } from './revocation-table.ts';

export interface DeskApiProps {
  readonly foundation: Foundation;
  readonly table: RevocationTable;
  readonly workflow: Workflow;
}

/** Far above what people do, and below what hurts. */
const REQUESTS_PER_SECOND = 10;
/** The desk over HTTP: for people whom IAM knows, and for the buttons in Slack, whose requests are signed. */
export class DeskApi extends Construct {
  readonly api: HttpApi;
  /** What the buttons need; off until somebody puts it in. */
  readonly slackSettings: Secret;

  constructor(scope: Construct, id: string, props: DeskApiProps) {
    super(scope, id);
    const { foundation, table, workflow } = props;
    const { settings } = foundation;
    this.slackSettings = new Secret(this, 'SlackSettings', {
      description: 'SHHH: signing secret and approvers of the revocation buttons in Slack',
      encryptionKey: foundation.dataKey,
      secretStringValue: SecretValue.unsafePlainText('{}'),
      removalPolicy: foundation.removalPolicy,
    });
    Validations.of(this.slackSettings).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'Slack has no API to rotate a signing secret by; a person replaces it there and here.',
    });
    const serve = new ServiceFunction(this, 'Serve', {
      settings,
      handler: 'revocation/serve-desk',
      schema: serveDeskEnv,
      environment: {
        REVOCATION_TABLE: table.table.tableName,
        STATE_MACHINE_ARN: workflow.stateMachine.stateMachineArn,
        SLACK_SETTINGS_ARN: this.slackSettings.secretArn,
      },
      // Slack waits three seconds, a cold start included.
      memoryMb: 1024,
      timeout: Duration.seconds(20),
    });
    table.grantRecord(serve);
    workflow.grantStart(serve);
    workflow.grantResume(serve);
    Grant.addToPrincipal({
      grantee: serve,
      resourceArns: [this.slackSettings.secretArn],
      actions: ['secretsmanager:GetSecretValue'],
    });

    this.api = new HttpApi(this, 'Api', {
      apiName: `shhh-${settings.stage}-revocation-desk`,
      description: 'SHHH: shows revocations and takes what people decide about them',
      createDefaultStage: false,
      defaultAuthorizer: new HttpIamAuthorizer(),
    });
    const integration = new HttpLambdaIntegration('ServeDesk', serve);
    this.api.addRoutes({ path: '/v1/revocations/{caseId}', methods: [HttpMethod.GET], integration });
    this.api.addRoutes({
      path: '/v1/revocations/{caseId}/{decision}',
      methods: [HttpMethod.POST],
      integration,
    });
    const [slack] = this.api.addRoutes({
      path: '/v1/slack/interactions',
      methods: [HttpMethod.POST],
      integration,
      authorizer: new HttpNoneAuthorizer(),
    });
    if (slack)
      Validations.of(slack).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason:
          'Slack signs its requests instead; the function refuses what is unsigned, forged, old or repeated.',
      });
    addStage(this, {
      api: this.api,
      settings,
      throttle: { rateLimit: REQUESTS_PER_SECOND, burstLimit: 2 * REQUESTS_PER_SECOND },
      logged: { who: '$context.identity.userArn' },
    });
    new Alarm(this, 'Failing', {
      foundation,
      metric: this.api.metricServerError({ period: ONE_MINUTE, statistic: 'Sum' }),
      fires: { atLeast: 1 },
      periods: 1,
      impact: 'A person could not see or decide a revocation over the API or by a button.',
      action: "Read the function's last error line; the command line goes another way.",
      runbook: 'lib/revocation/runbook.md#RevocationDeskFailing',
    });
  }
}
