import { Duration } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { Construct } from 'constructs';
import { authorizeGuardEnv } from '../../functions/detection/authorize-guard.env.ts';
import { addStage, type ApiStageProps } from '../platform/api-stage.ts';
import type { Foundation } from '../platform/foundation.ts';
import { ServiceFunction } from '../platform/service-function.ts';
import type { GuardKeysTable } from './guard-keys-table.ts';

export interface KeysApiProps {
  readonly foundation: Foundation;
  /** Whose holders are let in. */
  readonly keys: GuardKeysTable;
  /** What it is called after the stage's name. */
  readonly name: string;
  readonly description: string;
  readonly logged: ApiStageProps['logged'];
}

/** Seconds that the API trusts the authorizer's word on a key: so long a revoked key may still be let in. */
const AUTHORIZATION_TTL = Duration.seconds(60);

/** An HTTP API for programs that show a key, on the construct of whoever adds the routes. */
export function addKeysApi(
  scope: Construct,
  { foundation, keys, name, description, logged }: KeysApiProps,
): HttpApi {
  const { settings } = foundation;
  const authorize = new ServiceFunction(scope, 'Authorize', {
    settings,
    handler: 'detection/authorize-guard',
    schema: authorizeGuardEnv,
    environment: { GUARD_KEYS_TABLE: keys.table.tableName },
    memoryMb: 512,
    timeout: Duration.seconds(10),
  });
  keys.grantFind(authorize);
  const api = new HttpApi(scope, 'Api', {
    apiName: `shhh-${settings.stage}-${name}`,
    description,
    createDefaultStage: false,
    defaultAuthorizer: new HttpLambdaAuthorizer('Keys', authorize, {
      identitySource: ['$request.header.Authorization'],
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      resultsCacheTtl: AUTHORIZATION_TTL,
    }),
  });
  const { requestsPerSecond, burst } = settings.guard;
  addStage(scope, { api, settings, logged, throttle: { rateLimit: requestsPerSecond, burstLimit: burst } });
  return api;
}
