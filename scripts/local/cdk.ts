/** The CDK's own command line, pointed at an emulator. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { packPolicies } from '../build-rotation.ts';
import { accountEnvironment, LOCAL_ENVIRONMENT } from '../emulator.ts';
import { BUILD_DIR, findLambdaNode, MODULES_DIR, PROJECT_ROOT, type Log } from '../support/project.ts';
import { runCommand } from '../support/run-command.ts';
import { startStopwatch } from '../support/stopwatch.ts';

export interface LocalApp {
  /** Address of the emulator. */
  readonly endpoint: string;
  /** Command that synthesizes, run in the project's root; that of cdk.json by default. */
  readonly app?: string;
  /** Addresses of providers' stand-ins, by name: `aws.sts`. Every other provider is off. */
  readonly providerAddresses?: Readonly<Record<string, string>>;
  /** Policies of rotation in place of the project's: a YAML file below the project's root. */
  readonly rotationPolicies?: string;
  readonly log: Log;
}

/** Outputs by stack and name. */
const Outputs = z.record(z.string(), z.record(z.string(), z.string()));
export type Outputs = z.infer<typeof Outputs>;

/**
 * Synthesizes the app for the stage `local` and runs `use` on the assembly, which is deleted afterwards.
 * @throws Error with the end of the CDK's output if it fails
 */
export async function withAssembly<T>(app: LocalApp, use: (assemblyDir: string) => Promise<T>): Promise<T> {
  return withWorkshop(async (workshop) => {
    const assemblyDir = path.join(workshop, 'cdk.out');
    await synthesize(app, workshop, assemblyDir);
    return use(assemblyDir);
  });
}

/**
 * Synthesizes the app, bootstraps the emulator's account, deploys every stack, and runs `use` on what was deployed.
 * @throws Error with the end of the CDK's output if a step fails
 */
export async function withDeployed<T>(
  app: LocalApp,
  use: (deployed: { assemblyDir: string; outputs: Outputs }) => Promise<T>,
): Promise<T> {
  return withWorkshop(async (workshop) => {
    const assemblyDir = path.join(workshop, 'cdk.out');
    await allOf([
      synthesize(app, workshop, assemblyDir),
      step('cdk bootstrap', app.log, () =>
        // Where no cdk.json lies: it would synthesize the app as well, for nothing.
        cdk(app.endpoint, workshop, ['bootstrap', LOCAL_ENVIRONMENT]),
      ),
    ]);
    const outputsFile = path.join(workshop, 'outputs.json');
    await step('cdk deploy', app.log, () =>
      cdk(
        app.endpoint,
        PROJECT_ROOT,
        [
          ...['deploy', '--all', '--app', assemblyDir, '--outputs-file', outputsFile],
          // The emulator has no change sets to speak of, and nobody is there to approve.
          ...['--method', 'direct', '--require-approval', 'never', '--progress', 'events'],
        ],
        (line) => {
          const stack = /^\s*✅\s+(\S+)/.exec(line)?.[1];
          if (stack !== undefined) app.log(`cdk deploy: ${stack} is there`);
        },
      ),
    );
    return use({ assemblyDir, outputs: Outputs.parse(JSON.parse(await readFile(outputsFile, 'utf8'))) });
  });
}

/** Waits for all, even if one fails: the others still write where the caller would clean up. */
async function allOf(steps: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(steps);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

async function withWorkshop<T>(use: (directory: string) => Promise<T>): Promise<T> {
  await mkdir(path.join(BUILD_DIR, 'tmp'), { recursive: true });
  const directory = await mkdtemp(path.join(BUILD_DIR, 'tmp', 'deploy-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function synthesize(
  { endpoint, app, providerAddresses, rotationPolicies, log }: LocalApp,
  workshop: string,
  assemblyDir: string,
): Promise<void> {
  const policies = rotationPolicies && (await packedIn(workshop, rotationPolicies));
  await step('cdk synth', log, () =>
    cdk(endpoint, PROJECT_ROOT, [
      ...['synth', '--quiet', '--context', 'stage=local', '--output', assemblyDir],
      ...(providerAddresses === undefined
        ? []
        : ['--context', `providerAddresses=${JSON.stringify(providerAddresses)}`]),
      ...(policies === undefined ? [] : ['--context', `rotationPolicies=${policies}`]),
      ...(app === undefined ? [] : ['--app', app]),
    ]),
  );
}

/** @returns the file of the packed policies. @throws Error with every problem that they have */
async function packedIn(workshop: string, source: string): Promise<string> {
  const packed = await packPolicies(source);
  if (!packed.ok) throw new Error(packed.error.join('\n'));
  const file = path.join(workshop, 'rotation-policies.json');
  await writeFile(file, JSON.stringify(packed.value));
  return file;
}

async function step(name: string, log: Log, work: () => Promise<unknown>): Promise<void> {
  const elapsed = startStopwatch();
  await work();
  log(`${name}: done (${elapsed()})`);
}

async function cdk(
  endpoint: string,
  cwd: string,
  args: readonly string[],
  onLine?: (line: string) => void,
): Promise<void> {
  const node = findLambdaNode().binary;
  await runCommand(
    node,
    [path.join(MODULES_DIR, 'aws-cdk/bin/cdk'), ...args, '--no-notices', '--no-version-reporting'],
    {
      cwd,
      env: {
        // Nothing of the user's own account, such as a profile, may stand beside the emulator's.
        ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('AWS_'))),
        ...accountEnvironment(endpoint),
        // `node` in cdk.json's app is to be this one.
        PATH: [path.dirname(node), path.join(MODULES_DIR, '.bin'), process.env['PATH'] ?? ''].join(
          path.delimiter,
        ),
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        NO_COLOR: '1',
      },
      ...(onLine ? { onLine } : {}),
    },
  );
}
