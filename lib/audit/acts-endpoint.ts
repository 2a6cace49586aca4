import { Duration } from 'aws-cdk-lib';
import { HttpMethod, type HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { takeActsEnv } from '../../functions/audit/take-acts.env.ts';
import type { GuardKeysTable } from '../detection/guard-keys-table.ts';
import { addKeysApi } from '../detection/keys-api.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
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
    this.api = addKeysApi(this, {
      foundation,
      keys,
      name: 'audit',
      description: 'SHHH: takes acts of other programs into the audit log',
      logged: { auditKey: '$context.authorizer.keyId' },
    });
    this.api.addRoutes({
      path: '/v1/acts',
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('TakeActs', take),
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
