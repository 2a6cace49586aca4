import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createApp } from '../../../lib/app.ts';

const PROJECT_ROOT = path.resolve(import.meta.dirname, '../../..');

interface Resource {
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
}

let templates: Template[];

function synthesize(stage: string): Template[] {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
  // Bundling is the deploy's business; what is looked at here is the infrastructure.
  const app = createApp({ context: { stage, architecture, 'aws:cdk:bundling-stacks': [] } });
  return app.node.children.filter((child) => Stack.isStack(child)).map((stack) => Template.fromStack(stack));
}

function all(type: string, from = templates): [string, Resource][] {
  return from.flatMap((template) => Object.entries(template.findResources(type) as Record<string, Resource>));
}

beforeAll(() => {
  templates = synthesize('dev');
}, 120_000);

describe('the README', () => {
  it.each([
    ['Lambda functions', 'AWS::Lambda::Function'],
    ['DynamoDB tables', 'AWS::DynamoDB::Table'],
    ['SQS queues', 'AWS::SQS::Queue'],
    ['S3 buckets', 'AWS::S3::Bucket'],
    ['SNS topics', 'AWS::SNS::Topic'],
    ['secrets', 'AWS::SecretsManager::Secret'],
    ['Step Functions state machines', 'AWS::StepFunctions::StateMachine'],
    ['KMS keys', 'AWS::KMS::Key'],
    ['HTTP APIs', 'AWS::ApiGatewayV2::Api'],
    ['alarms', 'AWS::CloudWatch::Alarm'],
  ])('tells how many %s there are', (name, type) => {
    const text = readFileSync(path.join(PROJECT_ROOT, 'README.md'), 'utf8');
    expect(text).toContain(`${all(type).length} ${name}`);
  });
});

describe('every alarm', () => {
  const description = z.object({ AlarmDescription: z.string(), AlarmActions: z.array(z.unknown()).min(1) });

  it('tells an operator who is hurt, what to do, and a heading of a runbook that exists', () => {
    const alarms = all('AWS::CloudWatch::Alarm');
    expect(alarms.length).toBeGreaterThan(8);
    for (const [, { Properties }] of alarms) {
      const text = description.parse(Properties).AlarmDescription;
      const [, file = '', heading = ''] =
        /^.+\. .+\. Runbook: (lib\/[a-z-]+\/runbook\.md)#(\w+)$/.exec(text) ?? [];
      expect(text, text).toMatch(/Runbook: lib\//);
      const headings = readFileSync(path.join(PROJECT_ROOT, file), 'utf8').split('\n');
      expect(headings, `${file} has no heading ${heading}`).toContain(`## ${heading}`);
    }
  });
});

describe('every queue', () => {
  const queue = z.object({
    KmsMasterKeyId: z.unknown().refine((key) => key !== undefined),
    RedrivePolicy: z
      .object({ deadLetterTargetArn: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }) })
      .optional(),
    MessageRetentionPeriod: z.number(),
  });

  it('is encrypted under our key, and has a dead-letter queue or is one', () => {
    const queues = all('AWS::SQS::Queue').map(
      ([id, { Properties }]) => [id, queue.parse(Properties)] as const,
    );
    const dead = new Set(queues.map(([, q]) => q.RedrivePolicy?.deadLetterTargetArn['Fn::GetAtt'][0]));
    expect(queues.length).toBeGreaterThanOrEqual(5);
    for (const [id, { RedrivePolicy, MessageRetentionPeriod }] of queues) {
      // What a stream could not deliver goes to one that nothing redrives to.
      const isDeadLetterQueue = dead.has(id) || id.includes('Unpublished');
      expect(RedrivePolicy !== undefined || isDeadLetterQueue, id).toBe(true);
      // A message may not die of age in the queue that the dead wait in before it would have in its own.
      if (isDeadLetterQueue) expect(MessageRetentionPeriod).toBe(14 * 86_400);
    }
  });
});

describe('every function', () => {
  const configured = z.object({ Runtime: z.literal('nodejs24.x'), Timeout: z.number(), Role: z.unknown() });

  it('runs on Node 24 with a timeout and a log group of its own that expires', () => {
    const functions = all('AWS::Lambda::Function');
    expect(functions).toHaveLength(35);
    for (const [, { Properties }] of functions) configured.parse(Properties);
    const groups = all('AWS::Logs::LogGroup');
    // One for each, the access logs of the three APIs, and the two workflows'.
    expect(groups).toHaveLength(40);
    for (const [, { Properties }] of groups) expect(Properties['RetentionInDays']).toBe(30);
  });
});

describe('every role', () => {
  const policy = z.object({
    PolicyDocument: z.object({
      Statement: z.array(
        z.object({
          Action: z.union([z.string(), z.array(z.string())]),
          Resource: z.unknown(),
        }),
      ),
    }),
  });

  it('names its actions one by one; `*` as a resource stands only where AWS knows no other', () => {
    const starred = new Set<string>();
    for (const [id, { Properties }] of all('AWS::IAM::Policy')) {
      for (const { Action, Resource } of policy.parse(Properties).PolicyDocument.Statement) {
        for (const action of [Action].flat()) {
          expect(action, id).not.toContain('*');
          if (JSON.stringify(Resource).includes('"*"')) starred.add(action);
        }
      }
    }
    expect([...starred].sort()).toEqual([
      'dynamodb:ListStreams',
      'logs:CreateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:DescribeLogGroups',
      'logs:DescribeResourcePolicies',
      'logs:GetLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:UpdateLogDelivery',
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
  });

  it('lets the detector add findings and neither read nor change one', () => {
    const [, detector] = all('AWS::IAM::Policy').find(([id]) => id.includes('DetectorScan')) ?? [];
    const actions = policy
      .parse(detector?.Properties)
      .PolicyDocument.Statement.filter(({ Resource }) => JSON.stringify(Resource).includes('QuarantineTable'))
      .flatMap(({ Action }) => Action);
    expect(actions).toEqual(['dynamodb:PutItem']);
  });
});

describe('prod', () => {
  it('keeps tables and keys when a stack goes, and refuses to delete a table', () => {
    const prod = synthesize('prod');
    const tables = all('AWS::DynamoDB::Table', prod);
    for (const [id, { DeletionPolicy }] of [...tables, ...all('AWS::KMS::Key', prod)])
      expect(DeletionPolicy, id).toBe('Retain');
    const protectedTables = tables.filter(
      ([, { Properties }]) => Properties['DeletionProtectionEnabled'] === true,
    );
    expect(protectedTables.length).toBeGreaterThanOrEqual(2);
  }, 120_000);
});
