/** What keeps the log from being changed, and who may do what about it: read from the template, for nothing enforces it locally. */
import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createApp } from '../../../lib/app.ts';

const statement = z.object({
  Effect: z.string(),
  Action: z.union([z.string(), z.array(z.string())]),
  Resource: z.unknown().optional(),
  Condition: z.unknown().optional(),
  Sid: z.string().optional(),
});
const policy = z.object({ PolicyDocument: z.object({ Statement: z.array(statement) }) });

let templates: Map<string, Template>;
const template = (name: string): Template => {
  const found = templates.get(name);
  if (found === undefined) throw new Error(`There is no stack ${name}.`);
  return found;
};
const statements = (type: string, id: string, stack: string) =>
  Object.entries(template(stack).findResources(type))
    .filter(([logicalId]) => logicalId.startsWith(id))
    .flatMap(([, { Properties }]) => policy.parse(Properties).PolicyDocument.Statement);
const actions = (all: readonly z.infer<typeof statement>[]) =>
  [...new Set(all.flatMap(({ Action }) => Action))].sort();

beforeAll(() => {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
  const app = createApp({ context: { stage: 'prod', architecture, 'aws:cdk:bundling-stacks': [] } });
  templates = new Map(
    app.node.children
      .filter((child) => Stack.isStack(child))
      .map((stack) => [stack.stackName, Template.fromStack(stack)]),
  );
}, 120_000);

const [DATA, ASSURANCE] = ['shhh-prod-data', 'shhh-prod-assurance'];

describe("the log's bucket", () => {
  test('keeps every version of every object for seven years, whoever asks, and outlives its stack', () => {
    template(DATA).hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: Match.objectLike({
        ObjectLockEnabled: true,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 2_557 } },
        },
        VersioningConfiguration: { Status: 'Enabled' },
      }),
    });
  });

  test('takes tiles and kept checkpoints only where nothing is, the checkpoint only in place of one that was seen, and deletes nothing', () => {
    const denied = new Map(
      statements('AWS::S3::BucketPolicy', 'AuditLogPolicy', DATA)
        .filter(({ Effect }) => Effect === 'Deny')
        .map((each) => [each.Sid, each]),
    );
    const once = denied.get('PublishedOnceOnly');
    expect(once?.Action).toBe('s3:PutObject');
    expect(JSON.stringify(once?.Resource)).toMatch(/"\/tile\/\*".*"\/checkpoints\/\*"/);
    expect(once?.Condition).toMatchObject({ Null: { 's3:if-none-match': 'true' } });
    const shown = denied.get('CheckpointByCompareAndSwap');
    expect(JSON.stringify(shown?.Resource)).toContain('"/checkpoint"');
    expect(shown?.Condition).toMatchObject({ Null: { 's3:if-none-match': 'true', 's3:if-match': 'true' } });
    expect(denied.get('NothingIsDeleted')).toMatchObject({
      Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
    });
  });
});

describe('of all roles', () => {
  test('the sequencer alone may write the log and have something signed, by the two algorithms of notes over the text itself', () => {
    const all = [...templates.values()].flatMap((one) =>
      ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap((type) =>
        Object.entries(one.findResources(type)).map(
          ([id, { Properties }]) => [id, policy.parse(Properties).PolicyDocument.Statement] as const,
        ),
      ),
    );
    const holding = (action: string) =>
      all.flatMap(([id, held]) =>
        held
          .filter(({ Action }) => [Action].flat().includes(action))
          .map(({ Resource }) => ({ id, on: JSON.stringify(Resource) })),
      );
    // Reports sign their manifests with a key of their own, and lie in a bucket of their own.
    const isReports = ({ id, on }: { readonly id: string; readonly on: string }) =>
      id.startsWith('ReportsWriter') && /"Reports(?:Key|Bucket)/.test(on) && !on.includes('AuditLog');
    const writers = (action: string) =>
      new Set(
        holding(action)
          .filter((each) => !isReports(each))
          .map(({ id }) => id),
      );
    expect([...writers('kms:Sign')]).toEqual([expect.stringMatching(/^AuditWriter/)]);
    // What lies beside the log is in a bucket of its own.
    expect([...writers('s3:PutObject')].filter((name) => !name.startsWith('AuditBeside'))).toEqual([
      expect.stringMatching(/^AuditWriter/),
    ]);
    expect(
      statements('AWS::IAM::ManagedPolicy', 'AuditWriter', DATA)
        .filter(({ Action }) => Action === 'kms:Sign')
        .map(({ Condition }) => Condition),
    ).toEqual(
      ['ED25519_SHA_512', 'ECDSA_SHA_256'].map((algorithm) => ({
        StringEquals: { 'kms:SigningAlgorithm': algorithm, 'kms:MessageType': 'RAW' },
      })),
    );
    const roles = Object.keys(
      template(ASSURANCE).findResources('AWS::IAM::Role', {
        Properties: {
          ManagedPolicyArns: [Match.objectLike({ 'Fn::ImportValue': Match.stringLikeRegexp('AuditWriter') })],
        },
      }),
    );
    expect(roles).toEqual([expect.stringMatching(/^SequencerSequenceRole/)]);
  });

  test('the recorder may hand acts in and nothing else; the check may read, remember and tell', () => {
    const onTables = (id: string) =>
      actions(statements('AWS::IAM::Policy', id, ASSURANCE)).filter((action) =>
        action.startsWith('dynamodb:'),
      );
    expect(onTables('ActRecorderRecord')).toEqual(['dynamodb:PutItem']);
    expect(onTables('IntegrityCheckVerify')).toEqual(['dynamodb:GetItem', 'dynamodb:PutItem']);
    expect(actions(statements('AWS::IAM::ManagedPolicy', 'AuditReader', DATA))).toEqual([
      'kms:GetPublicKey',
      's3:GetObject',
      's3:ListBucket',
    ]);
  });
});
