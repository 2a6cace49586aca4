/** The local cloud itself, with a small app: what is deployed is what was asked for, and the check would tell. */
import { UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { PutObjectLockConfigurationCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { applyDropped } from '../../../scripts/apply-dropped.ts';
import type { KnownDifference } from '../../../scripts/emulator/known-differences.ts';
import { startEmulator, type Emulator } from '../../../scripts/emulator.ts';
import { withDeployed, type Outputs } from '../../../scripts/local/cdk.ts';
import { assertAsAsked, verifyDeploy } from '../../../scripts/verify-deploy.ts';
import { readAssembly } from '../../../scripts/verify/assembly.ts';
import { createClients, type Clients } from '../../../scripts/verify/clients.ts';
import { findDeployed } from '../../../scripts/verify/resolve.ts';

let emulator: Emulator;
let clients: Clients;
let directory: string;
let assemblyDir: string;
let outputs: Outputs;
/** What CloudFormation dropped, as the apply script told. */
let applied: string[];

beforeAll(async () => {
  emulator = await startEmulator();
  clients = createClients(emulator.endpoint);
  directory = await mkdtemp(path.join(tmpdir(), 'shhh-local-cloud-'));
  assemblyDir = path.join(directory, 'cdk.out');
  const app = { endpoint: emulator.endpoint, app: 'node test/platform/fixture/app.ts', log: () => undefined };
  await withDeployed(app, async (deployed) => {
    outputs = deployed.outputs;
    await cp(deployed.assemblyDir, assemblyDir, { recursive: true });
  });
  applied = await apply();
});

afterAll(async () => {
  await emulator.stop();
  await rm(directory, { recursive: true, force: true });
});

async function apply(): Promise<string[]> {
  const done = await applyDropped({ endpoint: emulator.endpoint, assemblyDir });
  return done.map(({ path: resource, property }) => `${resource}: ${property}`);
}

/** Construct and property of everything that differs, without doubles. */
async function differing(
  knownDifferences: readonly KnownDifference[] = [],
  asked = assemblyDir,
): Promise<string[]> {
  const { endpoint } = emulator;
  const { differences } = await verifyDeploy({ endpoint, assemblyDir: asked, knownDifferences });
  return [
    ...new Set(differences.map(({ resource, property }) => `${resource.path}: ${property.split('.')[0]}`)),
  ];
}

async function idOf(logicalIdPrefix: string): Promise<string> {
  for (const { physicalIds } of await findDeployed(clients, await readAssembly(assemblyDir))) {
    for (const [logicalId, id] of physicalIds) if (logicalId.startsWith(logicalIdPrefix)) return id;
  }
  throw new Error(`nothing was deployed as ${logicalIdPrefix}`);
}

describe('after a deploy', () => {
  test('what CloudFormation dropped was applied, and nothing differs any more', async () => {
    expect(applied).toContain('LocalCloudData/Table: TimeToLiveSpecification');
    expect(applied).toContain('LocalCloudData/Evidence: ObjectLockConfiguration');
    expect(await differing()).toEqual([]);
  });

  test('a second apply has nothing left to do', async () => {
    expect(await apply()).toEqual([]);
  });

  test('a function runs on Node 24 with re2 from the layer', async () => {
    const node: unknown = expect.stringMatching(/^24\./);
    expect(await scan('a tok_1234 b tok_99999')).toEqual({ found: ['tok_1234', 'tok_9999'], node });
  });

  test('a killed function process is replaced', async () => {
    await scan('tok_0000');
    const functionName = outputs['LocalCloudWork']?.['ExportLocalCloudScan'];
    const workers = (await emulator.workers()).filter((worker) => worker.functionName === functionName);
    expect(workers).toHaveLength(1);
    for (const { pid } of workers) process.kill(pid, 'SIGKILL');
    // An invocation that meets the process while it dies fails, as it may on Lambda.
    await expect.poll(() => scan('tok_0000')).toMatchObject({ found: ['tok_0000'] });
    expect(await emulator.workers()).not.toContainEqual(workers[0]);
  });
});

describe('the check', () => {
  afterEach(apply);

  test('tells that a redrive policy was taken away', async () => {
    const QueueUrl = await idOf('Queue4A7E');
    const restored = await redrivePolicyOf(QueueUrl);
    await clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy: '' } }));
    expect(await differing()).toEqual(['LocalCloudWork/Queue: RedrivePolicy']);
    await clients.sqs.send(
      new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy: restored } }),
    );
    expect(await differing()).toEqual([]);
  });

  test('tells that a time to live was taken away', async () => {
    const TableName = await idOf('Table');
    const TimeToLiveSpecification = { AttributeName: 'expiresAt', Enabled: false };
    await clients.dynamo.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
    expect(await differing()).toEqual(['LocalCloudData/Table: TimeToLiveSpecification']);
  });

  test('tells that the retention of a lock was taken away', async () => {
    const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' } as const;
    const Bucket = await idOf('Evidence');
    await clients.s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
    expect(await differing()).toEqual(['LocalCloudData/Evidence: ObjectLockConfiguration']);
  });

  test('names construct, property, what was asked for and what was found', async () => {
    const TableName = await idOf('Table');
    const TimeToLiveSpecification = { AttributeName: 'expiresAt', Enabled: false };
    await clients.dynamo.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
    const verification = await verifyDeploy({
      endpoint: emulator.endpoint,
      assemblyDir,
      knownDifferences: [],
    });
    expect(() => assertAsAsked(verification)).toThrow(
      'LocalCloudData/Table (AWS::DynamoDB::Table): TimeToLiveSpecification.Enabled: asked for true, found false',
    );
  });

  test('lets a difference pass that is on the list', async () => {
    const TableName = await idOf('Table');
    const TimeToLiveSpecification = { AttributeName: 'expiresAt', Enabled: false };
    await clients.dynamo.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
    expect(await differing([entry('TimeToLiveSpecification')])).toEqual([]);
  });

  test('fails on an entry of the list that no longer differs', async () => {
    const verification = await verifyDeploy({
      endpoint: emulator.endpoint,
      assemblyDir,
      knownDifferences: [entry('KeySchema')],
    });
    expect(() => assertAsAsked(verification)).toThrow('AWS::DynamoDB::Table KeySchema is on the list');
  });

  test('fails on a resource of a type that it cannot read', async () => {
    const asked = await changedAssembly('"AWS::CloudWatch::Alarm"', '"AWS::Fancy::Thing"');
    expect(await differing([], asked)).toEqual(['LocalCloudWork/Dead: ']);
  });

  test('fails on a value that it cannot work out', async () => {
    const asked = await changedAssembly('"Threshold": 1', '"Threshold": {"Fn::Length": []}');
    expect(await differing([], asked)).toEqual(['LocalCloudWork/Dead: ']);
  });
});

function entry(property: string): KnownDifference {
  return { type: 'AWS::DynamoDB::Table', property, reason: 'a test', coveredBy: 'a test' };
}

/** @returns a copy of the assembly that asks for something else */
async function changedAssembly(from: string, to: string): Promise<string> {
  const copy = await mkdtemp(path.join(directory, 'changed-'));
  await cp(assemblyDir, copy, { recursive: true });
  const file = path.join(copy, 'LocalCloudWork.template.json');
  const template = await readFile(file, 'utf8');
  expect(template).toContain(from);
  await writeFile(file, template.replace(from, to));
  return copy;
}

async function redrivePolicyOf(QueueUrl: string): Promise<string> {
  const { Attributes } = await clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['RedrivePolicy'] }),
  );
  return Attributes?.RedrivePolicy ?? '';
}

async function scan(text: string): Promise<unknown> {
  const { Payload } = await clients.lambda.send(
    new InvokeCommand({
      FunctionName: outputs['LocalCloudWork']?.['ExportLocalCloudScan'],
      Payload: JSON.stringify({ text }),
    }),
  );
  return JSON.parse(Buffer.from(Payload ?? []).toString('utf8'));
}
