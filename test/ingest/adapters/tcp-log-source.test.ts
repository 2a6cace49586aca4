import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createTcpLogSource } from '../../../functions/ingest/adapters/tcp-log-source.ts';
import { Trouble } from '../../../functions/ingest/domain/ports.ts';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { startWriter, type Writer } from '../../support/fleet/writer.ts';
import { logSourceContract } from '../../support/ingest/log-source-contract.ts';

const never = new AbortController().signal;
const LIMITS = { maxEntries: 1_000, maxBytes: 1_000_000 };

async function aWriter(seed = 1): Promise<Writer & { cleanUp(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'shhh-writer-'));
  const writer = await startWriter({ directory, seed });
  const cleanUp = async (): Promise<void> => {
    await writer.signal('SIGCONT');
    await writer.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return Object.assign(writer, { cleanUp });
}

logSourceContract(async () => {
  const writer = await aWriter();
  return {
    source: createTcpLogSource(systemClock),
    peer: writer,
    append: async (entries) => {
      await writer.appendRaw(entries);
    },
    truncate: async (newLength) => {
      await writer.truncate(newLength);
    },
    vanish: () => writer.signal('SIGKILL'),
    cleanUp: () => writer.cleanUp(),
  };
});

/** A peer that speaks no hypercore. */
async function aServer(onConnection: (socket: Socket) => void): Promise<{ host: string; port: number }> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return { host: '127.0.0.1', port: address.port };
}

describe('a sick peer', () => {
  const core = 'ab'.repeat(32);

  test('that accepts and says nothing is given up in time', async () => {
    const at = await aServer(() => undefined);
    const source = createTcpLogSource(systemClock, { connectMs: 300 });
    await expect(source.connect({ core, ...at }, never)).rejects.toMatchObject({ reason: 'silent' });
  });

  test('that talks nonsense is left', async () => {
    const at = await aServer((socket) => socket.end(Buffer.alloc(4_096, 0x41)));
    const source = createTcpLogSource(systemClock, { connectMs: 2_000 });
    await expect(source.connect({ core, ...at }, never)).rejects.toMatchObject({ name: 'Trouble' });
  });

  test('that offers another log is not taken for one with an empty log', async () => {
    const writer = await aWriter();
    onTestFinished(() => writer.cleanUp());
    const source = createTcpLogSource(systemClock, { connectMs: 500 });
    await expect(source.connect({ core, host: writer.host, port: writer.port }, never)).rejects.toMatchObject(
      {
        reason: 'wrong-key',
        met: { code: 'WRONG_KEY', offered: [expect.stringMatching(/^[0-9a-f]{64}$/)] },
      },
    );
  });

  test('that hangs ends the read after its time, and the session when it stays silent', async () => {
    const writer = await aWriter();
    onTestFinished(() => writer.cleanUp());
    await writer.append({ entries: 50 });
    const source = createTcpLogSource(systemClock, { readMs: 300, silenceMs: 1_500 });
    const session = await source.connect(writer, never);
    onTestFinished(() => session.close());
    await writer.signal('SIGSTOP');
    await expect(session.read(0, LIMITS)).rejects.toMatchObject({ reason: 'read-timeout' });
    expect(await session.ended).toMatchObject({ reason: 'disconnected' });
    await session.close();
  });

  test('that hangs does not hold up a stop', async () => {
    const writer = await aWriter();
    onTestFinished(() => writer.cleanUp());
    await writer.append({ entries: 50 });
    const stopping = new AbortController();
    const session = await createTcpLogSource(systemClock).connect(writer, stopping.signal);
    await writer.signal('SIGSTOP');
    const read = session.read(0, LIMITS);
    const startedAt = performance.now();
    stopping.abort();
    await expect(read).rejects.toMatchObject({ name: 'Trouble' });
    await session.close();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('a replica', () => {
  test('does not take a writer down that was restored from a backup', async () => {
    const [original, backup] = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'shhh-writer-')));
    if (original === undefined || backup === undefined) throw new Error('no directories');
    onTestFinished(() =>
      [original, backup].forEach((path) => rmSync(path, { recursive: true, force: true })),
    );
    const first = await startWriter({ directory: original, seed: 1 });
    await first.append({ entries: 20 });
    await first.stop();
    cpSync(original, backup, { recursive: true });

    const source = createTcpLogSource(systemClock);
    const second = await startWriter({ directory: original, seed: 2, port: first.port });
    await second.append({ entries: 30 });
    const before = await source.connect(second, never);
    const seen = await before.read(0, LIMITS);
    await second.stop();
    await before.ended;

    const restored = await startWriter({ directory: backup, seed: 3, port: first.port });
    onTestFinished(() => restored.stop());
    await restored.append({ entries: 40 });
    const after = await source.connect(restored, never);
    expect(after.head()).toEqual({ fork: 0, length: 60 });
    expect((await after.read(0, LIMITS))?.seqEnd).toBe(60);
    expect(await after.treeHash(50)).not.toBe(seen?.treeHash);
    expect(await restored.append({ entries: 1 })).toBe(61);
    await after.close();
    await before.close();
  });

  test('that a truncation strikes in the middle of a window ends in time, and the next shows the new log', async () => {
    const writer = await aWriter();
    onTestFinished(() => writer.cleanUp());
    await writer.append({ entries: 2_000 });
    const source = createTcpLogSource(systemClock);
    const session = await source.connect(writer, never);
    onTestFinished(() => session.close());
    const reading = session
      .read(0, { maxEntries: 2_000, maxBytes: 10_000_000 })
      .catch((error: unknown) => error);
    await writer.truncate(100);
    await writer.append({ entries: 50 });
    const read = await reading;
    const whole = read instanceof Object && 'seqEnd' in read ? read.seqEnd : 0;
    expect(read === undefined || read instanceof Trouble || whole === 2_000).toBe(true);
    const next = await source.connect(writer, never);
    onTestFinished(() => next.close());
    expect(next.head()).toEqual({ fork: 1, length: 150 });
    expect((await next.read(0, LIMITS))?.seqEnd).toBe(150);
  });
});
