import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { takeActsEnv } from '../../functions/audit/take-acts.env.ts';
import { authorizeGuardEnv } from '../../functions/detection/authorize-guard.env.ts';
import type { GuardKeysTable } from '../detection/guard-keys-table.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import { RETENTION, ServiceFunction } from '../platform/service-function.ts';
import type { AuditLog } from './audit-log.ts';
import { grantInvoke, type BesideBucket } from './beside-bucket.ts';

export interface ActsEndpointProps {
  readonly foundation: Foundation;
  readonly log: AuditLog;
  readonly beside: BesideBucket;
  readonly findSecrets: IFunction;
  /** Keys of programs that write into the log: of the form of the guard's, in a table of their own. */
  readonly keys: GuardKeysTable;
}

/** What the access log holds of a request: never a header, a query or a body. */
const ACCESS_LOG_FIELDS = JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  route: '$context.routeKey',
  status: '$context.status',
  auditKey: '$context.authorizer.keyId',
  error: '$context.error.responseType',
});

/** Where other programs write into the audit log. */
export class ActsEndpoint extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: ActsEndpointProps) {
    super(scope, id);
    const { foundation, log, beside, findSecrets, keys } = props;
    const { settings } = foundation;
    const take = new ServiceFunction(this, 'Take', {
      settings,
      handler: 'audit/take-acts',
      schema: takeActsEnv,
      environment: {
        AUDIT_TABLE: log.table.table.tableName,
        BESIDE_BUCKET: beside.bucket.bucketName,
        FIND_SECRETS_FUNCTION: findSecrets.functionName,
        AUDIT_KEYS_TABLE: keys.table.tableName,
      },
      memoryMb: 512,
      timeout: Duration.seconds(29),
    });
    log.table.grantSubmit(take);
    beside.grantKeep(take.ownRole);
    grantInvoke(take, findSecrets);
    keys.grantCount(take);
    const authorize = new ServiceFunction(this, 'Authorize', {
      settings,
      handler: 'detection/authorize-guard',
      schema: authorizeGuardEnv,
      environment: { GUARD_KEYS_TABLE: keys.table.tableName },
      memoryMb: 512,
      timeout: Duration.seconds(10),
    });
    keys.grantFind(authorize);
    this.api = new HttpApi(this, 'Api', {
      apiName: `shhh-${settings.stage}-audit`,
      description: 'SHHH: takes acts of other programs into the audit log',
      createDefaultStage: false,
      defaultAuthorizer: new HttpLambdaAuthorizer('Keys', authorize, {
        identitySource: ['$request.header.Authorization'],
        responseTypes: [HttpLambdaResponseType.SIMPLE],
        resultsCacheTtl: Duration.seconds(60),
      }),
    });
    this.api.addRoutes({
      path: '/v1/acts',
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('TakeActs', take),
    });
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: settings.guard.requestsPerSecond, burstLimit: settings.guard.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLog', {
            retention: RETENTION[settings.logRetentionDays],
            removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
          }),
        ),
        format: AccessLogFormat.custom(ACCESS_LOG_FIELDS),
      },
    });
    new Alarm(this, 'Failing', {
      foundation,
      metric: this.api.metricServerError({ period: ONE_MINUTE, statistic: 'Sum' }),
      fires: { atLeast: 5 },
      periods: 3,
      impact: 'Programs cannot put what they do on record; their clients try again and then give up.',
      action: "Read the last error lines of the endpoint's two functions.",
      runbook: 'lib/audit/runbook.md#ActsEndpointFailing',
    });
  }
}
