/** What the revoker's roles may do, read from the synthesized templates: nothing that is not named here. */
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createApp } from '../../../lib/app.ts';
import { revocationDefinition } from '../../../lib/revocation/definition.ts';

const policies = z.record(
  z.string(),
  z.object({
    Properties: z.object({
      PolicyDocument: z.object({
        Statement: z.array(
          z.object({
            Action: z.union([z.string(), z.array(z.string())]),
            Condition: z.unknown().optional(),
            Resource: z.unknown(),
          }),
        ),
      }),
    }),
  }),
);
const asked = z.object({ RouteKey: z.string(), AuthorizationType: z.string() });
let templates: Template[];

beforeAll(() => {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
  // Traces would add their own two actions.
  const app = createApp({ context: { stage: 'prod', architecture, 'aws:cdk:bundling-stacks': [] } });
  templates = app.node.children
    .filter((child) => Stack.isStack(child))
    .map((stack) => Template.fromStack(stack));
}, 120_000);

function statementsOf(role: string) {
  return templates.flatMap((template) =>
    Object.entries(policies.parse(template.findResources('AWS::IAM::Policy'))).flatMap(([id, policy]) =>
      id.startsWith(role) ? policy.Properties.PolicyDocument.Statement : [],
    ),
  );
}
const DATA_KEY = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];
const LOG = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const actionsOf = (role: string) => [...new Set(statementsOf(role).flatMap(({ Action }) => Action))].sort();

describe('the revoker', () => {
  it('may do exactly this', () => {
    expect(actionsOf('RevocationAdvanceRole')).toEqual(
      [
        ...DATA_KEY,
        ...LOG,
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'states:SendTaskSuccess',
        'iam:DeleteRolePolicy',
        'iam:DeleteUserPolicy',
        'iam:GetAccessKeyLastUsed',
        'iam:GetRolePolicy',
        'iam:GetUserPolicy',
        'iam:ListAccessKeys',
        'iam:PutRolePolicy',
        'iam:PutUserPolicy',
        'iam:UpdateAccessKey',
        'secretsmanager:GetSecretValue',
      ].sort(),
    );
  });

  it('alone reads the credentials of our own at providers, and no other secret', () => {
    const reading = templates.flatMap((template) =>
      Object.entries(policies.parse(template.findResources('AWS::IAM::Policy'))).flatMap(([id, policy]) =>
        policy.Properties.PolicyDocument.Statement.filter(({ Action }) =>
          [Action].flat().some((action) => action.startsWith('secretsmanager:')),
        ).map(({ Resource }) => ({
          role: id.replace(/DefaultPolicy.*/, ''),
          resource: JSON.stringify(Resource),
        })),
      ),
    );
    const named = reading.filter(({ resource }) => resource.includes('RevocationProviderSettings'));
    expect(named.map(({ role }) => role)).toEqual(['RevocationAdvanceRole']);
    expect(reading.filter(({ role }) => role === 'RevocationAdvanceRole')).toEqual(named);
    expect(named[0]?.resource).toMatch(/^\{"Ref":"RevocationProviderSettings/);
  });

  it('alone opens evidence, and only what names its finding', () => {
    const opening = templates.flatMap((template) =>
      Object.entries(policies.parse(template.findResources('AWS::IAM::Policy'))).flatMap(([id, policy]) =>
        policy.Properties.PolicyDocument.Statement.filter(
          ({ Action, Resource }) =>
            [Action].flat().includes('kms:Decrypt') && JSON.stringify(Resource).includes('EvidenceKey'),
        ).map(({ Condition }) => ({ id, Condition })),
      ),
    );
    expect(opening.map(({ id }) => id.replace(/DefaultPolicy.*/, ''))).toEqual(['RevocationAdvanceRole']);
    expect(opening[0]?.Condition).toEqual({
      'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['findingId'] },
      Null: { 'kms:EncryptionContext:findingId': 'false' },
    });
  });
});

describe('the others', () => {
  it('start and decide without a provider, or a look at evidence', () => {
    const desk = [...DATA_KEY, ...LOG, 'dynamodb:GetItem', 'dynamodb:PutItem', 'states:StartExecution'];
    expect(actionsOf('RevocationDecideRole')).toEqual([...desk, 'states:SendTaskSuccess'].sort());
    expect(actionsOf('RevocationDeskApiServeRole')).toEqual(
      [...desk, 'states:SendTaskSuccess', 'secretsmanager:GetSecretValue'].sort(),
    );
    const queue = [
      'sqs:ReceiveMessage',
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
    ];
    expect(actionsOf('RevocationBeginRole')).toEqual([...desk, ...queue, 'dynamodb:UpdateItem'].sort());
  });

  it('let people in over HTTP by IAM alone, and Slack by its signature', () => {
    const routes = templates.flatMap((template) =>
      Object.entries(template.findResources('AWS::ApiGatewayV2::Route')).flatMap(([id, route]) =>
        id.startsWith('RevocationDeskApi') ? [z.object({ Properties: asked }).parse(route).Properties] : [],
      ),
    );
    expect(Object.fromEntries(routes.map((each) => [each.RouteKey, each.AuthorizationType]))).toEqual({
      'GET /v1/revocations/{caseId}': 'AWS_IAM',
      'POST /v1/revocations/{caseId}/{decision}': 'AWS_IAM',
      'POST /v1/slack/interactions': 'NONE',
    });
  });

  it('let the recorder of deaths decide about cases and nothing else', () => {
    const queue = [
      'ChangeMessageVisibility',
      'DeleteMessage',
      'GetQueueAttributes',
      'GetQueueUrl',
      'ReceiveMessage',
    ];
    expect(actionsOf('RevocationRecorderRecordRole')).toEqual(
      [
        ...DATA_KEY,
        ...LOG,
        ...queue.map((action) => `sqs:${action}`),
        'dynamodb:GetItem',
        'dynamodb:UpdateItem',
      ].sort(),
    );
  });

  it('let the workflow call its one function', () => {
    const calls = statementsOf('RevocationWorkflowRole').filter(({ Action }) =>
      [Action].flat().includes('lambda:InvokeFunction'),
    );
    expect(calls).toHaveLength(1);
    expect(JSON.stringify(calls)).toContain('RevocationAdvance');
  });

  it('let the detector seal, and neither read nor open', () => {
    const evidence = statementsOf('DetectorScanRole').filter(({ Resource }) =>
      JSON.stringify(Resource).includes('Evidence'),
    );
    expect(evidence.flatMap(({ Action }) => Action).sort()).toEqual(['dynamodb:PutItem', 'kms:Encrypt']);
  });
});

describe('the definition of a run', () => {
  const { States } = revocationDefinition('f');
  const task = z.object({ Type: z.literal('Task'), Catch: z.array(z.object({ Next: z.string() })).min(1) });

  it('bounds every call and every wait, and leads every error on', () => {
    const tasks = Object.entries(States).filter(([, state]) => state['Type'] === 'Task');
    expect(tasks).toHaveLength(11);
    for (const [name, state] of tasks) {
      expect('TimeoutSeconds' in state || 'TimeoutSecondsPath' in state, name).toBe(true);
      for (const { Next } of task.parse(state).Catch) expect(States).toHaveProperty(Next);
    }
  });
});
