import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { guardPolicyText, guardPolicyVariable } from '../../../functions/contracts/guard.ts';
import { createApp } from '../../../lib/app.ts';
import { settingsFor } from '../../../lib/config/stages.ts';

let dev: Template;
let prod: Template;

function detectionOf(stage: string): Template {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
  const app = createApp({ context: { stage, architecture, 'aws:cdk:bundling-stacks': [] } });
  const stack = app.node.findChild(`shhh-${stage}-detection`);
  if (!Stack.isStack(stack)) throw new Error('The detection stack is not a stack.');
  return Template.fromStack(stack);
}
beforeAll(() => {
  dev = detectionOf('dev');
  prod = detectionOf('prod');
}, 120_000);

describe("the guard's endpoint", () => {
  it('lets nobody onto a route without a key, and trusts the answer for a minute at most', () => {
    const routes = Object.values(dev.findResources('AWS::ApiGatewayV2::Route'));
    expect(routes.map(({ Properties }) => (Properties as { RouteKey: string }).RouteKey).sort()).toEqual([
      'GET /v1/pack',
      'POST /v1/blocked',
      'POST /v1/check',
    ]);
    for (const { Properties } of routes)
      expect(Properties).toMatchObject({
        AuthorizationType: 'CUSTOM',
        AuthorizerId: expect.anything() as unknown,
      });
    dev.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'REQUEST',
      EnableSimpleResponses: true,
      IdentitySource: ['$request.header.Authorization'],
      AuthorizerResultTtlInSeconds: 60,
    });
  });

  it('has the policy of its stage, in the words that the function reads', () => {
    const { policy } = settingsFor((key) => (key === 'stage' ? 'dev' : undefined)).guard;
    dev.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ GUARD_POLICY: guardPolicyText(policy) }) },
    });
    expect(guardPolicyVariable.parse(guardPolicyText(policy))).toEqual(policy);
    expect(guardPolicyVariable.safeParse('LOW=allow,HIGH=block').success).toBe(false);
    expect(guardPolicyVariable.safeParse(guardPolicyText(policy).replace('block', 'ignore')).success).toBe(
      false,
    );
  });

  it('takes a stated number of requests a second', () => {
    dev.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
    });
    prod.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1_000 },
    });
  });

  it('logs who asked and what came of it, and no header, query or body', () => {
    const [stage] = Object.values(dev.findResources('AWS::ApiGatewayV2::Stage'));
    const settings = z
      .object({ AccessLogSettings: z.object({ Format: z.string() }) })
      .parse(stage?.['Properties']).AccessLogSettings;
    const fields = z.record(z.string(), z.string()).parse(JSON.parse(settings.Format));
    expect(Object.values(fields).sort()).toEqual([
      '$context.authorizer.keyId',
      '$context.error.responseType',
      '$context.identity.sourceIp',
      '$context.integrationLatency',
      '$context.requestId',
      '$context.requestTime',
      '$context.responseLength',
      '$context.routeKey',
      '$context.status',
    ]);
  });

  it('may add findings and count requests, and its authorizer may look keys up: nothing else of a table', () => {
    const policy = z.object({
      PolicyDocument: z.object({
        Statement: z.array(z.object({ Action: z.union([z.string(), z.array(z.string())]) })),
      }),
    });
    const actionsOf = (role: string) => {
      const [, found] =
        Object.entries(dev.findResources('AWS::IAM::Policy')).find(([id]) => id.startsWith(role)) ?? [];
      return policy
        .parse(found?.['Properties'])
        .PolicyDocument.Statement.flatMap(({ Action }) => Action)
        .filter(
          (action) =>
            !/^(kms:(Decrypt|DescribeKey|Encrypt|GenerateDataKey|ReEncrypt)|logs:|xray:)/.test(action),
        )
        .sort();
    };
    expect(actionsOf('GuardCheckRole')).toEqual([
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'kms:GenerateMac',
    ]);
    expect(actionsOf('GuardAuthorizeRole')).toEqual(['dynamodb:GetItem']);
  });

  it('has an alarm for no answers, and one for findings that nobody will hear of', () => {
    for (const MetricName of ['5xx', 'GuardNotRecorded'])
      dev.hasResourceProperties('AWS::CloudWatch::Alarm', {
        MetricName,
        AlarmDescription: Match.stringLikeRegexp('Runbook: lib/detection/runbook\\.md#Guard'),
      });
  });
});
