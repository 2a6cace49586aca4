import { Duration } from 'aws-cdk-lib';
import { guardPolicyText } from '../../functions/contracts/guard.ts';
import { retentionDaysText } from '../../functions/contracts/quarantine.ts';
import { HttpMethod, type HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { GUARD_NOT_RECORDED, METRICS_NAMESPACE } from '../../functions/contracts/metrics.ts';
import { checkMessageEnv } from '../../functions/detection/check-message.env.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import type { Re2Layer } from '../platform/layers.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import type { QuarantineTable } from '../quarantine/quarantine-table.ts';
import type { GuardKeysTable } from './guard-keys-table.ts';
import { addKeysApi } from './keys-api.ts';

export interface GuardEndpointProps {
  readonly foundation: Foundation;
  readonly quarantine: QuarantineTable;
  readonly keys: GuardKeysTable;
  /** HMAC key that fingerprints are made under. */
  readonly fingerprintKey: Key;
  readonly re2: Re2Layer;
}

/** The guard for agents that cannot run one beside them, and where guards beside agents report to and get rules from. */
export class GuardEndpoint extends Construct {
  readonly api: HttpApi;
  readonly check: ServiceFunction<typeof checkMessageEnv>;

  constructor(scope: Construct, id: string, props: GuardEndpointProps) {
    super(scope, id);
    const { foundation, quarantine, keys, fingerprintKey } = props;
    const { settings } = foundation;
    this.check = new ServiceFunction(this, 'Check', {
      settings,
      handler: 'detection/check-message',
      schema: checkMessageEnv,
      environment: {
        QUARANTINE_TABLE: quarantine.table.tableName,
        FINGERPRINT_KEY_ID: fingerprintKey.keyArn,
        RETENTION_DAYS: retentionDaysText(settings.findingRetentionDays),
        GUARD_POLICY: guardPolicyText(settings.guard.policy),
        GUARD_KEYS_TABLE: keys.table.tableName,
      },
      memoryMb: 1024,
      timeout: Duration.seconds(15),
      layers: [props.re2],
      fromLayers: ['re2'],
    });
    quarantine.grantQuarantine(this.check);
    keys.grantCount(this.check);
    fingerprintKey.grantGenerateMac(this.check);

    this.api = addKeysApi(this, {
      foundation,
      keys,
      name: 'guard',
      description: 'SHHH: checks messages before they are sent',
      logged: {
        guardKey: '$context.authorizer.keyId',
        responseBytes: '$context.responseLength',
        integrationMs: '$context.integrationLatency',
      },
    });
    const integration = new HttpLambdaIntegration('CheckMessage', this.check);
    this.api.addRoutes({ path: '/v1/check', methods: [HttpMethod.POST], integration });
    this.api.addRoutes({ path: '/v1/blocked', methods: [HttpMethod.POST], integration });
    this.api.addRoutes({ path: '/v1/pack', methods: [HttpMethod.GET], integration });
    new Alarm(this, 'Failing', {
      foundation,
      metric: this.api.metricServerError({ period: ONE_MINUTE, statistic: 'Sum' }),
      fires: { atLeast: 5 },
      periods: 3,
      impact:
        'Agents that ask the endpoint get no verdict: those that are closed by default can send nothing.',
      action: "Read the last error lines of the endpoint's two functions.",
      runbook: 'lib/detection/runbook.md#GuardFailing',
    });
    new Alarm(this, 'NotRecorded', {
      foundation,
      metric: new Metric({
        namespace: METRICS_NAMESPACE,
        metricName: GUARD_NOT_RECORDED,
        dimensionsMap: { service: 'guard' },
        statistic: 'Sum',
        period: ONE_MINUTE,
      }),
      fires: { atLeast: 1 },
      periods: 1,
      impact: 'Messages with credentials were stopped and nobody will be told of the credentials.',
      action: "Read why the guard's findings could not be written to the quarantine.",
      runbook: 'lib/detection/runbook.md#GuardNotRecorded',
    });
  }
}
