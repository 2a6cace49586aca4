import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { shhhShipperEnv } from '../../../functions/ingest/shhh-shipper.env.ts';
import { createApp } from '../../../lib/app.ts';
import type { Settings } from '../../../lib/config/settings.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
const network = {
  vpcId: 'vpc-0123456789abcdef0',
  availabilityZones: ['us-east-1a', 'us-east-1b'],
  privateSubnetIds: ['subnet-0123456789abcdef1', 'subnet-0123456789abcdef2'],
  securityGroupId: 'sg-0123456789abcdef0',
};
type Shipper = Partial<Settings['shipper']>;

function appWith(shipper: Shipper, context: Record<string, unknown> = {}) {
  const outdir = mkdtempSync(path.join(tmpdir(), 'shhh-hosts-'));
  onTestFinished(() => rmSync(outdir, { recursive: true, force: true }));
  const app = createApp(
    { outdir, context: { stage: 'prod', architecture, 'aws:cdk:bundling-stacks': [], ...context } },
    (settings) => ({ ...settings, shipper: { ...settings.shipper, ...shipper } }),
  );
  const stack = app.node.findChild('shhh-prod-detection');
  if (!Stack.isStack(stack)) throw new Error('no stack');
  return { app, outdir, template: () => Template.fromStack(stack) };
}

const container: Shipper = { host: 'fargate', drivers: ['tcp', 'hyperswarm'], network };

describe('a driver that the host cannot run', () => {
  test.each<[Shipper, RegExp]>([
    [
      { drivers: ['tcp', 'hyperswarm'] },
      /names hyperswarm, which shipper\.host 'lambda'.*'fargate' or 'own'/,
    ],
    [{ drivers: ['sidecar', 'json-lines'] }, /names sidecar and json-lines.*agents’ disks.*'own'\./],
    [{ ...container, drivers: ['sidecar'] }, /names sidecar, which shipper\.host 'fargate'.*'own'\./],
    [{ ...container, network: undefined }, /needs shipper\.network in lib\/config\/prod\.ts/],
    [{ drivers: [] }, /is empty/],
  ])('%j is refused at synth with the way out', (shipper, why) => {
    expect(() => appWith(shipper)).toThrow(why);
  });

  test('and a host that there is not, by the command line, are refused', () => {
    expect(() => appWith({}, { shipperHost: 'mainframe' })).toThrow(/lambda, fargate or own/);
    expect(() => appWith({}, { shipperHost: 'fargate' })).toThrow(/shipper\.network/);
  });
});

describe('the shipper as a container', () => {
  test('is one task on arm64 that nothing can be written in but /tmp, replaced without a gap', () => {
    const template = appWith(container).template();
    template.resourceCountIs('AWS::ECS::Service', 1);
    template.hasResourceProperties('AWS::ECS::Service', {
      DesiredCount: 1,
      DeploymentConfiguration: Match.objectLike({
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      }),
      NetworkConfiguration: {
        AwsvpcConfiguration: {
          AssignPublicIp: 'DISABLED',
          SecurityGroups: ['sg-0123456789abcdef0'],
          Subnets: ['subnet-0123456789abcdef1', 'subnet-0123456789abcdef2'],
        },
      },
    });
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      Cpu: '512',
      Memory: '1024',
      RuntimePlatform: {
        CpuArchitecture: architecture === 'arm64' ? 'ARM64' : 'X86_64',
        OperatingSystemFamily: 'LINUX',
      },
      ContainerDefinitions: [
        Match.objectLike({
          ReadonlyRootFilesystem: true,
          StopTimeout: 30,
          MountPoints: [{ ContainerPath: '/tmp', ReadOnly: false, SourceVolume: 'tmp' }],
          LogConfiguration: Match.objectLike({ LogDriver: 'awslogs' }),
        }),
      ],
    });
    expect(template.toJSON()['Outputs']).not.toHaveProperty('ShipperFunctionName');
  });

  test('has in its environment what the process reads, and no more', () => {
    const [task] = Object.values(appWith(container).template().findResources('AWS::ECS::TaskDefinition'));
    const environment = z
      .object({
        Properties: z.object({
          ContainerDefinitions: z.tuple([
            z.object({ Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })) }),
          ]),
        }),
      })
      .parse(task).Properties.ContainerDefinitions[0].Environment;
    const names = environment.map(({ Name }) => Name);
    for (const name of names) expect(Object.keys(shhhShipperEnv.shape)).toContain(name);
    const plain = Object.fromEntries(
      environment.map(({ Name, Value }) => [
        Name,
        typeof Value === 'string' ? Value : 'https://queue.invalid/1',
      ]),
    );
    expect(shhhShipperEnv.parse(plain)).toMatchObject({ DRIVERS: ['tcp', 'hyperswarm'], EXCLUDED_TYPES: [] });
  });

  test('may do what the function may and nothing else', () => {
    const policy = z.object({
      Properties: z.object({
        PolicyDocument: z.object({
          Statement: z.array(
            z.object({ Action: z.union([z.string(), z.array(z.string())]), Resource: z.unknown() }),
          ),
        }),
      }),
    });
    const actionsOf = (template: Template, role: string): string[] =>
      Object.entries(template.findResources('AWS::IAM::Policy'))
        .filter(([id]) => id.startsWith(role))
        .flatMap(([, one]) => policy.parse(one).Properties.PolicyDocument.Statement)
        .flatMap(({ Action, Resource }) => {
          expect(JSON.stringify(Resource)).not.toContain('"*"');
          return [Action].flat();
        })
        .filter((action) => !action.startsWith('logs:'))
        .sort();
    const asContainer = actionsOf(appWith(container).template(), 'ShipperServiceTaskTaskRole');
    expect(asContainer).toEqual(actionsOf(appWith({}).template(), 'ShipperShipRole'));
    expect(asContainer).toContain('sqs:SendMessage');
    expect(asContainer).not.toContain('sqs:ReceiveMessage');
  });

  test('has alarms that say what to do, and is told from a suspect log', () => {
    const alarms = Object.entries(
      appWith(container).template().findResources('AWS::CloudWatch::Alarm'),
    ).filter(([id]) => id.startsWith('ShipperService'));
    expect(alarms).toHaveLength(4);
    const runbook = readFileSync(path.join(ROOT, 'lib/ingest/runbook.md'), 'utf8');
    for (const [, { Properties }] of alarms) {
      const text = z.object({ AlarmDescription: z.string() }).parse(Properties).AlarmDescription;
      const heading = /lib\/ingest\/runbook\.md#(\w+)$/.exec(text)?.[1] ?? 'none';
      expect(runbook).toContain(`## ${heading}\n`);
    }
  });

  test('passes cdk-nag, and no image is built at synth: its context holds the sources and nothing else', () => {
    const { app, outdir } = appWith(container);
    expect(() => app.synth()).not.toThrow();
    const contexts = readdirSync(outdir).filter((name) =>
      existsSync(path.join(outdir, name, 'functions/ingest/Dockerfile')),
    );
    expect(contexts).toHaveLength(1);
    const [context = ''] = contexts;
    expect(readdirSync(path.join(outdir, context)).sort()).toEqual([
      '.npmrc',
      'functions',
      'package-lock.json',
      'package.json',
    ]);
  }, 60_000);
});

describe('a shipper that others run', () => {
  test('is a policy to attach: no function, no container, no schedule', () => {
    const template = appWith({ host: 'own', drivers: ['sidecar', 'json-lines'] }).template();
    template.resourceCountIs('AWS::ECS::Service', 0);
    expect(Object.keys(template.findResources('AWS::Lambda::Function')).join()).not.toContain('Ship');
    template.hasResourceProperties('AWS::IAM::ManagedPolicy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'sqs:SendMessage' })]) },
    });
    expect(Object.keys(template.toJSON()['Outputs'] as object)).toContain('ShipperPolicyArn');
  });
});

test('types that are not shipped reach the function, and are none by default', () => {
  appWith({ excludedTypes: ['peer_joined', 'availability_broadcast'] })
    .template()
    .hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ EXCLUDED_TYPES: 'peer_joined,availability_broadcast' }) },
    });
  expect(JSON.stringify(appWith({}).template().toJSON())).not.toContain('EXCLUDED_TYPES');
});
