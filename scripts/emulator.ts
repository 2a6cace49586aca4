/** The local cloud: starts the emulator that setup installed. `npm run emulator` keeps one until Ctrl-C. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { EMULATOR_PYTHON } from './setup/emulator-environment.ts';
import { setup } from './setup.ts';
import { BUILD_DIR, findLambdaNode, PROJECT_ROOT, type Log } from './support/project.ts';
import { startStopwatch } from './support/stopwatch.ts';

/** Twelve digits as the access key's id: the emulator takes them for the account. */
const ACCOUNT = '000000000000';
const SECRET = 'local';
const REGION = 'us-east-1';
/** Account and region as the CDK names them together. */
export const LOCAL_ENVIRONMENT = `aws://${ACCOUNT}/${REGION}`;
const READY_WITHIN_MS = 30_000;
const POLL_MS = 50;
const KEPT_LOGS = 10;
const LOG_TAIL_LINES = 20;

/** A process that runs a function's handler. */
export interface WorkerInfo {
  readonly functionName: string;
  readonly pid: number;
}

export interface Emulator {
  /** `http://127.0.0.1:<port>`; loopback only. */
  readonly endpoint: string;
  readonly region: string;
  /** Select the account; the emulator asks for no proof. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** What a process needs to talk to the emulator and to nothing else: endpoint, account, region, no profile. */
  readonly accountEnv: Record<string, string>;
  /** Of the emulator itself; its functions run in its process group. */
  readonly pid: number;
  /** What it and its functions write to disk; deleted when it ends. */
  readonly directory: string;
  /** Its output and that of its functions' runtimes. */
  readonly logFile: string;
  /** The processes that run functions now: {@link workersOf} this emulator. */
  workers(): Promise<WorkerInfo[]>;
  /** Ends it and all that it started, and deletes what it held. Also happens when this process ends in any way. */
  stop(): Promise<void>;
}

/**
 * The environment in which the AWS SDK and the CDK talk to an emulator, never to an account of the user:
 * profiles, shared files and instance metadata are out of reach.
 */
export function accountEnvironment(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: SECRET,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** Options with which an AWS SDK client talks to an emulator. */
export function localClientOptions(endpoint: string) {
  return { endpoint, region: REGION, credentials: { accessKeyId: ACCOUNT, secretAccessKey: SECRET } };
}

/**
 * Starts an empty emulator on a free loopback port, running setup first where something is missing.
 * Several can run at once; none remembers an earlier one.
 * @throws Error with the end of the emulator's log if it does not come up
 */
export async function startEmulator(options: { log?: Log } = {}): Promise<Emulator> {
  const log = options.log ?? (() => undefined);
  await setup({ log });
  const elapsed = startStopwatch();
  const { runDirectory, logFile } = prepareDirectories();
  const supervisor = spawn(
    EMULATOR_PYTHON,
    [path.join(PROJECT_ROOT, 'scripts/emulator/supervise.py'), runDirectory, logFile],
    {
      cwd: runDirectory,
      env: emulatorEnvironment(runDirectory),
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    },
  );
  const ended = new Promise<void>((resolve) => supervisor.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    supervisor.ref();
    supervisor.stdin.destroy();
    await ended;
  };
  try {
    const { port, pid } = await announced(supervisor);
    const endpoint = `http://127.0.0.1:${port}`;
    await healthy(endpoint, ended);
    // A caller that forgets to stop it can still end; the emulator then ends as well.
    supervisor.unref();
    for (const pipe of [supervisor.stdin, supervisor.stdout]) if (pipe instanceof Socket) pipe.unref();
    log(`emulator: ready at ${endpoint} (${elapsed()})`);
    return {
      ...localClientOptions(endpoint),
      accountEnv: accountEnvironment(endpoint),
      pid,
      directory: runDirectory,
      logFile,
      workers: async () => workersOf(pid),
      stop,
    };
  } catch (error) {
    await stop();
    throw new Error(
      `The emulator did not start: ${error instanceof Error ? error.message : String(error)}. Its log (${logFile}) ends:\n${tailOf(logFile)}`,
      { cause: error },
    );
  }
}

function prepareDirectories(): { runDirectory: string; logFile: string } {
  const runs = path.join(BUILD_DIR, 'emulator-runs');
  const logs = path.join(BUILD_DIR, 'logs');
  mkdirSync(runs, { recursive: true });
  mkdirSync(logs, { recursive: true });
  const old = readdirSync(logs)
    .map((name) => path.join(logs, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
    .slice(KEPT_LOGS - 1);
  for (const file of old) rmSync(file, { force: true });
  const runDirectory = mkdtempSync(path.join(runs, 'run-'));
  // On Lambda no package.json lies above a function's code; here this project's would make ES modules of it.
  writeFileSync(path.join(runDirectory, 'package.json'), '{"type":"commonjs"}');
  return { runDirectory, logFile: path.join(logs, `emulator-${path.basename(runDirectory)}.log`) };
}

/** Only what the emulator and its functions need: a function must not find a developer's credentials or settings. */
function emulatorEnvironment(runDirectory: string): Record<string, string> {
  return {
    // Functions are started as `node`, whatever runtime they ask for.
    PATH: [path.dirname(findLambdaNode().binary), process.env['PATH'] ?? ''].join(path.delimiter),
    HOME: runDirectory,
    LANG: 'C.UTF-8',
    TMPDIR: runDirectory,
    S3_DATA_DIR: path.join(runDirectory, 's3'),
    STATE_DIR: path.join(runDirectory, 'state'),
    // What it answers in addresses, such as those of queues: a name could resolve to another loopback address.
    MINISTACK_HOST: '127.0.0.1',
    MINISTACK_REGION: REGION,
    MINISTACK_ACCOUNT_ID: ACCOUNT,
    LAMBDA_EXECUTOR: 'local',
    // Listeners on fixed ports, of services that are not used: two emulators would fight for them.
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
  };
}

const Announcement = z.object({ port: z.number(), pid: z.number() });

async function announced(
  supervisor: ChildProcessByStdio<Writable, Readable, null>,
): Promise<z.infer<typeof Announcement>> {
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: supervisor.stdout }).once('line', resolve);
    supervisor.once('error', reject);
    supervisor.once('exit', (code) => reject(new Error(`it ended with exit code ${code}`)));
  });
  return Announcement.parse(JSON.parse(line));
}

async function healthy(endpoint: string, ended: Promise<void>): Promise<void> {
  const gone = new AbortController();
  void ended.then(() => gone.abort());
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline && !gone.signal.aborted) {
    const answer = await fetch(`${endpoint}/_ministack/health`, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    );
    if (answer?.ok) return;
    await sleep(POLL_MS);
  }
  throw new Error(
    gone.signal.aborted ? 'it ended at once' : `it gave no sign of health within ${READY_WITHIN_MS / 1000} s`,
  );
}

/**
 * The processes that run functions of an emulator now: each can be killed, and the next invocation starts another.
 * Reads the process table: such a process is in the emulator's group and carries the function's name.
 * @param group the emulator's own process id
 */
export function workersOf(group: number): WorkerInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const groupOf = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[2];
        if (Number(groupOf) !== group) return [];
        const variables = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
        const functionName = variables.find((v) => v.startsWith('AWS_LAMBDA_FUNCTION_NAME='))?.split('=')[1];
        return functionName === undefined ? [] : [{ functionName, pid: Number(name) }];
      } catch {
        // The process ended while it was looked at.
        return [];
      }
    });
}

function tailOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
  } catch {
    return '(there is no log)';
  }
}

if (import.meta.main) {
  try {
    const emulator = await startEmulator({ log: console.error });
    console.log(
      Object.entries(emulator.accountEnv)
        .map(([key, value]) => `export ${key}=${value}`)
        .join('\n'),
    );
    console.error('emulator: running; set the variables above in another terminal; Ctrl-C ends it');
    const heartbeat = setInterval(() => undefined, 60_000);
    const end = (): void => {
      clearInterval(heartbeat);
      void emulator.stop();
    };
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
  } catch (error) {
    console.error(`emulator failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
