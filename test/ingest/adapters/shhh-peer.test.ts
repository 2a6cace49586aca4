import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createTcpLogSource } from '../../../functions/ingest/adapters/tcp-log-source.ts';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { startWriter, type Writer } from '../../support/fleet/writer.ts';
import { logSourceContract } from '../../support/ingest/log-source-contract.ts';

const never = new AbortController().signal;
const LIMITS = { maxEntries: 5_000, maxBytes: 10_000_000 };
const ROOT = resolve(import.meta.dirname, '../../..');

/** What `npx shhh-peer` would run. */
const bin = resolve(
  ROOT,
  z
    .object({ bin: z.object({ 'shhh-peer': z.string() }) })
    .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))).bin['shhh-peer'],
);

function start(...args: string[]): { child: ChildProcess; lines: string[] } {
  const child = spawn(bin, args, {
    env: { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
  return { child, lines };
}

async function aPeer(
  storage: string,
  ...more: string[]
): Promise<{ port: number; child: ChildProcess; stop: () => Promise<void> }> {
  const { child, lines } = start('--storage', storage, '--listen', '127.0.0.1:0', ...more);
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
  };
  const deadline = performance.now() + 20_000;
  for (;;) {
    const port = lines.map((line) => /^listening on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1]).find(Boolean);
    if (port !== undefined) return { port: Number(port), child, stop };
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(lines.join('\n'));
    await new Promise((wait) => setTimeout(wait, 20));
  }
}

async function aWriter(): Promise<{ directory: string; writer: Writer; cleanUp: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'shhh-writer-'));
  const writer = await startWriter({ directory, seed: 3 });
  const cleanUp = async (): Promise<void> => {
    await writer.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { directory, writer, cleanUp };
}

// Followers of shhh-peer see a log as followers of its writer do.
logSourceContract(async () => {
  const { directory, writer, cleanUp } = await aWriter();
  const peer = await aPeer(directory);
  const source = createTcpLogSource(systemClock);
  const at = { core: writer.core, host: '127.0.0.1', port: peer.port };
  /** The next connection sees what was done. */
  const settled = async (length: number): Promise<void> => {
    for (;;) {
      const session = await source.connect(at, never).catch(() => undefined);
      const head = session?.head();
      await session?.close();
      if (head?.length === length) return;
    }
  };
  return {
    source,
    peer: at,
    append: async (entries) => settled(await writer.appendRaw(entries)),
    truncate: async (newLength) => {
      await writer.truncate(newLength);
      await settled(newLength);
    },
    vanish: peer.stop,
    cleanUp: async () => {
      await peer.stop();
      await cleanUp();
    },
  };
});

test('shhh-peer offers a log while its writer appends, and leaves nothing behind', async () => {
  const { directory, writer, cleanUp } = await aWriter();
  onTestFinished(cleanUp);
  await writer.append({ entries: 1_000 });
  const peer = await aPeer(directory, '--key', writer.core);
  onTestFinished(peer.stop);
  const session = await createTcpLogSource(systemClock).connect(
    { core: writer.core, host: '127.0.0.1', port: peer.port },
    never,
  );
  const appending = writer.append({ entries: 1_000, perSecond: 500 });
  let read = 0;
  while (read < 2_000) {
    const window = await session.read(read, LIMITS);
    read = window?.seqEnd ?? read;
    if (window === undefined) await session.changed(session.head(), 200, never);
  }
  expect(await appending).toBe(2_000);
  await session.close();
  await peer.stop();
  expect(peer.child.exitCode).toBe(0);
  expect(
    readdirSync(tmpdir()).filter((name) => name.startsWith(`shhh-offer-${String(peer.child.pid)}-`)),
  ).toEqual([]);
});

test('shhh-peer offers what a writer that was restored from a backup has now', async () => {
  const { directory, writer, cleanUp } = await aWriter();
  await writer.append({ entries: 20 });
  await writer.stop();
  const backup = mkdtempSync(join(tmpdir(), 'shhh-writer-'));
  cpSync(directory, backup, { recursive: true });
  onTestFinished(() => rmSync(backup, { recursive: true, force: true }));
  onTestFinished(cleanUp);
  const second = await startWriter({ directory, seed: 4 });
  await second.append({ entries: 10 });
  const peer = await aPeer(directory);
  onTestFinished(peer.stop);
  const source = createTcpLogSource(systemClock);
  const at = { core: writer.core, host: '127.0.0.1', port: peer.port };
  const before = await source.connect(at, never);
  while (before.head().length < 30) await before.changed(before.head(), 100, never);
  const hash = await before.treeHash(30);
  await second.stop();
  rmSync(directory, { recursive: true });
  cpSync(backup, directory, { recursive: true });
  const third = await startWriter({ directory, seed: 5 });
  onTestFinished(() => third.stop());
  await third.append({ entries: 25 });
  await before.ended;
  const deadline = performance.now() + 20_000;
  let shown: string | undefined;
  while (shown === undefined && performance.now() < deadline) {
    const after = await source.connect(at, never).catch(() => undefined);
    if (after?.head().length === 45) shown = await after.treeHash(30);
    await after?.close();
  }
  expect(shown).toMatch(/^[0-9a-f]{64}$/);
  expect(shown).not.toBe(hash);
  expect(await third.append({ entries: 1 })).toBe(46);
});

test.each([
  [['--listen', '127.0.0.1:0'], 'Say where the log lies'],
  [['--storage', '/nowhere', '--listen', 'here'], 'HOST:PORT'],
  [['--storage', '/nowhere', '--listen', '127.0.0.1:0'], 'cannot be opened'],
  [['--storage', '/nowhere', '--listen', '127.0.0.1:0', '--key', 'abc'], '64 hex digits'],
])('shhh-peer %j ends with a word on why', async (args, why) => {
  const { child, lines } = start(...args);
  await once(child, 'exit');
  expect(child.exitCode).toBe(1);
  expect(lines.join('\n')).toContain(why);
});
