/** A real server for a test, as a process of its own: started on a free port, and gone with its files afterwards. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServerProcess {
  /** SIGKILL, as a machine that goes away. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerToStart {
  /** As messages call it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Removed when the server has stopped as it was told to; else kept with its log. */
  readonly directory: string;
  /** Throws as long as the server is not ready. */
  readonly ready: () => Promise<void>;
  /** How it is asked to end. */
  readonly signal?: NodeJS.Signals;
}

const READY_WITHIN_MS = 30_000;
const POLL_MS = 25;
/** Of a log, as much as an error shows. */
const TAIL_CHARACTERS = 3_000;

export const serverDirectory = (name: string): Promise<string> =>
  mkdtemp(path.join(tmpdir(), `shhh-${name}-`));

/** @throws Error with the end of the server's log and where it is, if it ends or is not ready in 30 s */
export async function startServer(server: ServerToStart): Promise<ServerProcess> {
  const { name, command, args, env, directory, ready, signal = 'SIGTERM' } = server;
  const logFile = path.join(directory, 'server.log');
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log], ...(env !== undefined && { env }) });
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  // A test run that dies must not leave its servers behind.
  const orphan = () => child.kill('SIGKILL');
  process.once('exit', orphan);
  const end = async (how: NodeJS.Signals): Promise<void> => {
    process.off('exit', orphan);
    const fellBefore = hasEnded(child);
    child.kill(how);
    await ended;
    if (fellBefore) throw new Error(`${name} had fallen: its log is ${logFile}`);
    await rm(directory, { recursive: true, force: true });
  };
  const until = Date.now() + READY_WITHIN_MS;
  for (;;) {
    try {
      await ready();
      return { kill: () => end('SIGKILL'), stop: () => end(signal) };
    } catch (error) {
      if (!hasEnded(child) && Date.now() < until) {
        await sleep(POLL_MS);
        continue;
      }
      child.kill('SIGKILL');
      const said = (await readFile(logFile, 'utf8')).slice(-TAIL_CHARACTERS);
      throw new Error(`${name} did not start. ${logFile} ends with:\n${said}`, { cause: error });
    }
  }
}

const hasEnded = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null || child.pid === undefined;

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port is free.');
  return address.port;
}
