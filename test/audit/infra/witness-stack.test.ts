import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { createWitnessApp } from '../../../lib/witness-app.ts';
import { createLogKeys } from '../support/log-keys.ts';

const { keys } = createLogKeys('shhh.example/audit');
const context = {
  stage: 'prod',
  architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
  name: 'witness.example/w1',
  logKeys: keys.map(({ vkey }) => vkey).join(' '),
  'aws:cdk:bundling-stacks': [],
};

describe('the stack of a witness', () => {
  let template: Template;
  beforeAll(() => {
    const stack = createWitnessApp({ context }).node.findChild('shhh-prod-witness');
    if (!Stack.isStack(stack)) throw new Error('It is no stack.');
    template = Template.fromStack(stack);
  }, 60_000);

  test('signs with a key of its own, by the one algorithm that readers know, and outlives its stack', () => {
    template.hasResource('AWS::KMS::Key', {
      Properties: { KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' },
      DeletionPolicy: 'Retain',
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 'kms:Sign',
            Condition: {
              StringEquals: { 'kms:SigningAlgorithm': 'ED25519_SHA_512', 'kms:MessageType': 'RAW' },
            },
          }),
        ]),
      },
    });
  });

  test('knows its logs by the keys that it was given', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({ WITNESS_NAME: 'witness.example/w1', WITNESS_LOGS: context.logKeys }),
      },
    });
  });

  test('answers add-checkpoint and its key, and alarms on two histories', () => {
    const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route'));
    expect(routes.map(({ Properties }) => (Properties as { RouteKey: string }).RouteKey).sort()).toEqual([
      'GET /key',
      'POST /add-checkpoint',
    ]);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'WitnessConflicts' });
  });

  test.each([
    ['a name', { ...context, name: undefined }, /needs a name/],
    ['keys', { ...context, logKeys: '' }, /needs the keys/],
    ['keys that are keys', { ...context, logKeys: 'nonsense' }, /needs the keys/],
  ])('cannot be made without %s', (_, broken, why) => {
    expect(() => createWitnessApp({ context: broken })).toThrow(why);
  });
});
