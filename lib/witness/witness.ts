import { Duration, Validations } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { witnessCheckpointEnv } from '../../functions/audit/witness-checkpoint.env.ts';
import { METRICS_NAMESPACE, WITNESS_CONFLICTS } from '../../functions/contracts/metrics.ts';
import { addStage } from '../platform/api-stage.ts';
import { Alarm, ONE_MINUTE } from '../platform/alarm.ts';
import type { Foundation } from '../platform/foundation.ts';
import { HouseTable } from '../platform/house-table.ts';
import { ServiceFunction } from '../platform/service-function.ts';

export interface AuditWitnessProps {
  readonly foundation: Foundation;
  /** What the witness is called, e.g. `witness.example.org/w1`: the name of its key. */
  readonly name: string;
  /** Keys of the logs that it watches (name+id+base64). */
  readonly logKeys: readonly string[];
}

/** The last head of each log. */
class WitnessTable extends HouseTable {
  constructor(scope: Construct, id: string, { foundation }: { readonly foundation: Foundation }) {
    super(scope, id, { foundation });
  }

  grantRemember(grantee: IGrantable): void {
    this.allow(grantee, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
  }
}

/** A witness (C2SP tlog-witness), for an account that the log's administrator does not have. */
export class AuditWitness extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: AuditWitnessProps) {
    super(scope, id);
    const { foundation, name, logKeys } = props;
    const { settings } = foundation;
    const table = new WitnessTable(this, 'Memory', { foundation });
    const key = new Key(this, 'Key', {
      description: 'SHHH: cosigns checkpoints as a witness',
      keySpec: KeySpec.ECC_NIST_EDWARDS25519,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: foundation.removalPolicy,
    });
    Validations.of(key).acknowledge({
      id: 'AwsSolutions-KMS5',
      reason: 'KMS cannot rotate asymmetric keys; a witness with another key is another witness.',
    });
    const cosign = new ServiceFunction(this, 'Cosign', {
      settings,
      handler: 'audit/witness-checkpoint',
      schema: witnessCheckpointEnv,
      environment: {
        WITNESS_NAME: name,
        WITNESS_KEY: key.keyArn,
        WITNESS_TABLE: table.table.tableName,
        WITNESS_LOGS: logKeys.join(' '),
      },
      memoryMb: 512,
      timeout: Duration.seconds(15),
    });
    table.grantRemember(cosign);
    Grant.addToPrincipal({ grantee: cosign, resourceArns: [key.keyArn], actions: ['kms:GetPublicKey'] });
    Grant.addToPrincipal({
      grantee: cosign,
      resourceArns: [key.keyArn],
      actions: ['kms:Sign'],
      conditions: {
        StringEquals: { 'kms:SigningAlgorithm': 'ED25519_SHA_512', 'kms:MessageType': 'RAW' },
      },
    });
    this.api = this.#endpoint(cosign, foundation);
    this.#watch(foundation);
  }

  #endpoint(cosign: ServiceFunction<typeof witnessCheckpointEnv>, foundation: Foundation): HttpApi {
    const { settings } = foundation;
    const api = new HttpApi(this, 'Api', {
      apiName: `shhh-${settings.stage}-witness`,
      description: 'SHHH: a witness of audit logs',
      createDefaultStage: false,
    });
    const integration = new HttpLambdaIntegration('Cosign', cosign);
    const routes = [
      ...api.addRoutes({ path: '/add-checkpoint', methods: [HttpMethod.POST], integration }),
      ...api.addRoutes({ path: '/key', methods: [HttpMethod.GET], integration }),
    ];
    for (const route of routes)
      Validations.of(route).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason:
          'A checkpoint is let in by the signature of its log; what a witness says of it is for everybody.',
      });
    addStage(this, { api, settings, throttle: { rateLimit: 10, burstLimit: 20 } });
    return api;
  }

  #watch(foundation: Foundation): void {
    new Alarm(this, 'TwoHistories', {
      foundation,
      metric: new Metric({
        namespace: METRICS_NAMESPACE,
        metricName: WITNESS_CONFLICTS,
        dimensionsMap: { service: 'witness' },
        statistic: 'Sum',
        period: ONE_MINUTE,
      }),
      fires: { atLeast: 1 },
      periods: 1,
      impact: 'A log that this witness watches has signed a history that is not the one it signed before.',
      action:
        'Keep what the witness remembers, tell the auditors, and compare with the checkpoints that others kept.',
      runbook: 'lib/witness/runbook.md#TwoHistories',
    });
    new Alarm(this, 'Failing', {
      foundation,
      metric: this.api.metricServerError({ period: ONE_MINUTE, statistic: 'Sum' }),
      fires: { atLeast: 5 },
      periods: 3,
      impact: 'Checkpoints are published without this cosignature, and nobody outside watches the log.',
      action: "Read the last error lines of the witness' function.",
      runbook: 'lib/witness/runbook.md#WitnessFailing',
    });
  }
}
