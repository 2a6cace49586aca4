/** What rotation's roles may do, read from the synthesized template: nothing that is not named here. */
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { packPolicies } from '../../../scripts/build-rotation.ts';
import { settingsFor } from '../../../lib/config/stages.ts';
import { createFingerprintKey } from '../../../lib/detection/detector.ts';
import { Foundation } from '../../../lib/platform/foundation.ts';
import { rotationDefinition } from '../../../lib/rotation/definition.ts';
import { managedSecrets } from '../../../lib/rotation/managed-secrets.ts';
import { Rotation } from '../../../lib/rotation/rotation.ts';
import { RotationTable } from '../../../lib/rotation/rotation-table.ts';

const SECRETS = [
  {
    name: 'orders-db',
    secret: 'shhh/orders-db',
    authority: 'shhh/orders-admin',
    schedule: { at: 'cron(0 4 ? * SUN *)' },
  },
  {
    name: 'uploads',
    secret: 'shhh/uploads',
    rotator: { kind: 'aws-iam', settings: { userName: 'uploader', path: '/services/' } },
  },
];
const MANAGED = ['shhh/orders-db-??????', 'shhh/uploads-??????'];
const statement = z.object({
  Action: z.union([z.string(), z.array(z.string())]),
  Resource: z.unknown(),
});
const policies = z.record(
  z.string(),
  z.object({ Properties: z.object({ PolicyDocument: z.object({ Statement: z.array(statement) }) }) }),
);
let template: Template;

function statementsOf(role: string) {
  return Object.entries(policies.parse(template.findResources('AWS::IAM::Policy'))).flatMap(([id, policy]) =>
    id.startsWith(role) ? policy.Properties.PolicyDocument.Statement : [],
  );
}
const actionsOf = (role: string) => [...new Set(statementsOf(role).flatMap(({ Action }) => Action))].sort();
/** The secrets that a role may do something with, and what. */
function onSecrets(role: string) {
  return statementsOf(role)
    .filter(({ Action }) => JSON.stringify(Action).includes('secretsmanager:'))
    .map(({ Action, Resource }) => {
      const secrets = [...JSON.stringify(Resource).matchAll(/secret:([^"]+)/g)].map(([, secret]) => secret);
      return [secrets, [Action].flat().map((each) => each.replace('secretsmanager:', ''))] as const;
    });
}

beforeAll(() => {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
  const app = new App({ context: { stage: 'prod', architecture, 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Rotations');
  const foundation = new Foundation(stack, 'Foundation', {
    settings: settingsFor((key) => app.node.tryGetContext(key)),
  });
  new Rotation(stack, 'Rotation', {
    foundation,
    table: new RotationTable(stack, 'Table', { foundation }),
    bus: new EventBus(stack, 'Bus'),
    fingerprintKey: createFingerprintKey(stack, 'FingerprintKey', foundation.removalPolicy),
    secrets: SECRETS,
  });
  template = Template.fromStack(stack);
}, 120_000);

const DATA_KEY = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];
const LOG = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const ACCESS_KEYS = [
  ...['CreateAccessKey', 'DeleteAccessKey', 'GetAccessKeyLastUsed', 'ListAccessKeys', 'ListUserTags'],
  ...['TagUser', 'UntagUser', 'UpdateAccessKey'],
].map((each) => `iam:${each}`);
const ROTATE = ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'];

describe('the function that takes the steps', () => {
  it('may do exactly this', () => {
    expect(actionsOf('RotationAdvanceRole')).toEqual(
      [
        ...DATA_KEY,
        ...LOG,
        ...ROTATE.map((each) => `secretsmanager:${each}`),
        ...ACCESS_KEYS,
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'states:DescribeExecution',
        'states:StartExecution',
      ].sort(),
    );
  });

  it.each(['RotationAdvanceRole', 'RotationPlainRole'])(
    '%s: writes what is managed, only reads its authority',
    (role) => {
      expect(onSecrets(role)).toEqual([
        [MANAGED, ROTATE],
        [['shhh/orders-admin-??????'], ['DescribeSecret', 'GetSecretValue']],
      ]);
    },
  );
});

describe('access keys', () => {
  it.each(['RotationAdvanceRole', 'RotationPlainRole'])('%s: those of the named users alone', (role) => {
    const about = statementsOf(role).filter(({ Action }) => JSON.stringify(Action).includes('iam:'));
    expect(about).toHaveLength(1);
    const users = [...JSON.stringify(about[0]?.Resource).matchAll(/:user\/([^"]+)/g)].map(([, user]) => user);
    expect(users).toEqual(['services/uploader']);
    expect([about[0]?.Action].flat().sort()).toEqual(ACCESS_KEYS);
  });

  it('are nobody else’s matter', () => {
    for (const role of ['Ask', 'Notice', 'Publish', 'Schedule'])
      expect(actionsOf(`Rotation${role}Role`).filter((each) => each.startsWith('iam:'))).toEqual([]);
  });
});

describe('the others', () => {
  it('read no secret, but the one that compares leaks', () => {
    expect(onSecrets('RotationAskRole')).toEqual([]);
    expect(onSecrets('RotationPublishRole')).toEqual([]);
    expect(onSecrets('RotationScheduleRole')).toEqual([[MANAGED, ['ListSecretVersionIds']]]);
    expect(onSecrets('RotationNoticeRole')).toEqual([[MANAGED, ['DescribeSecret', 'GetSecretValue']]]);
  });

  it('let the workflow call its one function', () => {
    const calls = statementsOf('RotationWorkflowRole').filter(({ Action }) =>
      [Action].flat().includes('lambda:InvokeFunction'),
    );
    expect(calls).toHaveLength(1);
    expect(JSON.stringify(calls)).toContain('RotationAdvance');
  });

  it('let Secrets Manager of this account alone call the plain function', () => {
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
    });
  });
});

describe("policies in place of the project's", () => {
  it.each(['scripts/soak/rotation.yaml', 'test/support/rotation/policies.yaml'])(
    '%s: can be packed',
    async (file) => {
      expect(await packPolicies(file)).toMatchObject({ ok: true });
    },
  );

  it('are granted as those are, each in its stages', () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'shhh-policies-'));
    const file = path.join(directory, 'policies.json');
    writeFileSync(file, JSON.stringify({ secrets: [...SECRETS, { ...SECRETS[0], environments: ['dev'] }] }));
    expect(managedSecrets('local', file)).toEqual(SECRETS);
    expect(managedSecrets('dev', file)).toHaveLength(SECRETS.length + 1);
    rmSync(directory, { recursive: true });
  });
});

describe('the schedule of a secret', () => {
  it('is a rule with the expression of its policy, beside the hourly look at ages', () => {
    const rule = z.object({ Properties: z.object({ ScheduleExpression: z.string() }) });
    const expressions = Object.values(template.findResources('AWS::Events::Rule')).flatMap((each) => {
      const read = rule.safeParse(each);
      return read.success ? [read.data.Properties.ScheduleExpression] : [];
    });
    expect(expressions.sort()).toEqual(['cron(0 4 ? * SUN *)', 'rate(1 hour)']);
  });
});

describe('the definition of a run', () => {
  const { States } = rotationDefinition('f');
  const task = z.object({
    Type: z.literal('Task'),
    TimeoutSeconds: z.number().positive(),
    Retry: z.array(z.object({ MaxAttempts: z.number().positive() })).length(1),
    Catch: z.array(z.object({ Next: z.string() })).length(1),
  });

  it('bounds every call, and leads every error on', () => {
    const tasks = Object.entries(States).filter(([, state]) => 'Type' in state && state['Type'] === 'Task');
    expect(tasks).toHaveLength(12);
    for (const [, state] of tasks)
      for (const { Next } of task.parse(state).Catch) expect(States).toHaveProperty(Next);
  });
});
