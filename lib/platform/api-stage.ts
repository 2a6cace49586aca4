import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpStage, LogGroupLogDestination, type HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Settings } from '../config/settings.ts';
import { RETENTION } from './service-function.ts';

/** What every access log holds of a request: never a header, a query or a body. */
const ALWAYS = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  route: '$context.routeKey',
  status: '$context.status',
  error: '$context.error.responseType',
};

export interface ApiStageProps {
  readonly api: HttpApi;
  readonly settings: Pick<Settings, 'logRetentionDays' | 'keepData'>;
  /** Requests per second, and how many at once beyond that. */
  readonly throttle: { readonly rateLimit: number; readonly burstLimit: number };
  /** What is logged of a request besides: names and the variables of API Gateway that give them. */
  readonly logged?: Readonly<Record<string, `$context.${string}`>>;
}

/** The only stage of an HTTP API of ours: with a throttle and a log of who asked, on the API's own construct. */
export function addStage(scope: Construct, { api, settings, throttle, logged = {} }: ApiStageProps): void {
  new HttpStage(scope, 'Stage', {
    httpApi: api,
    stageName: '$default',
    autoDeploy: true,
    throttle,
    accessLogSettings: {
      destination: new LogGroupLogDestination(
        new LogGroup(scope, 'AccessLog', {
          retention: RETENTION[settings.logRetentionDays],
          removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
        }),
      ),
      format: AccessLogFormat.custom(JSON.stringify({ ...ALWAYS, ...logged })),
    },
  });
}
