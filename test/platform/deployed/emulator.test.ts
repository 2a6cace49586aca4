import { CreateQueueCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { localClientOptions, startEmulator, type Emulator } from '../../../scripts/emulator.ts';
import { PROJECT_ROOT } from '../../../scripts/support/project.ts';

let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator();
});

afterAll(() => emulator.stop());

async function queuesOf(endpoint: string): Promise<string[]> {
  const { QueueUrls = [] } = await new SQSClient(localClientOptions(endpoint)).send(
    new ListQueuesCommand({}),
  );
  return QueueUrls;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('an emulator', () => {
  test('knows nothing of the others that run beside it, nor of those before it', async () => {
    const sqs = new SQSClient(localClientOptions(emulator.endpoint));
    await sqs.send(new CreateQueueCommand({ QueueName: 'mine' }));
    const other = await startEmulator();
    try {
      expect(other.endpoint).not.toBe(emulator.endpoint);
      expect(await queuesOf(emulator.endpoint)).toHaveLength(1);
      expect(await queuesOf(other.endpoint)).toEqual([]);
    } finally {
      await other.stop();
    }
  });

  test('answers on loopback only', async () => {
    const { port } = new URL(emulator.endpoint);
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address } of outside) await expect(fetch(`http://${address}:${port}/`)).rejects.toThrow();
    expect((await fetch(`${emulator.endpoint}/_ministack/health`)).ok).toBe(true);
  });

  test('leaves no process and no file when it is stopped', async () => {
    const other = await startEmulator();
    expect(existsSync(other.directory)).toBe(true);
    await other.stop();
    expect(isAlive(other.pid)).toBe(false);
    expect(existsSync(other.directory)).toBe(false);
  });

  test('ends when the process that started it is killed', async () => {
    const starter = spawn(process.execPath, ['test/platform/fixture/start-emulator.ts'], {
      cwd: PROJECT_ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve) =>
      createInterface({ input: starter.stdout }).once('line', resolve),
    );
    const { pid } = z.object({ pid: z.number() }).parse(JSON.parse(line));
    expect(isAlive(pid)).toBe(true);
    starter.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  });
});
