import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Hypercore from 'hypercore';
import HypercoreStorage from 'hypercore-storage';
import { describe, expect, onTestFinished, test } from 'vitest';
import { suspicionEvidence } from '../../../functions/contracts/ingest-events.ts';
import { systemPacer } from '../../../functions/ingest/adapters/system-pacer.ts';
import { createTcpLogSource } from '../../../functions/ingest/adapters/tcp-log-source.ts';
import type { ShipEvent } from '../../../functions/ingest/domain/events.ts';
import type { Suspicion } from '../../../functions/ingest/domain/ports.ts';
import { ship, SHIP_SETTINGS } from '../../../functions/ingest/domain/ship.ts';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { startWriter, type Writer } from '../../support/fleet/writer.ts';
import {
  createFakeCheckpointStore,
  createFakeEntryQueue,
  createFakeLease,
  FakePeerDirectory,
  FakeStatusBoard,
} from '../../support/ingest/fake-stores.ts';
import { batchesIn } from '../../support/ingest/read-message.ts';

const SHORT = { connectMs: 1_500, readMs: 800, silenceMs: 7_000, proofMs: 1_500 };

interface At {
  readonly core: string;
  readonly host: string;
  readonly port: number;
}

function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'shhh-hostile-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function aWriter(seed: number, directory = aDirectory()): Promise<Writer> {
  const writer = await startWriter({ directory, seed });
  onTestFinished(async () => {
    await writer.signal('SIGCONT');
    await writer.stop();
  });
  return writer;
}

async function aCore(directory = aDirectory()): Promise<Hypercore> {
  const core = new Hypercore(new HypercoreStorage(directory, { allowBackup: true }));
  await core.ready();
  onTestFinished(() => core.close());
  return core;
}

/** Listens and hands each follower's stream to what shall be done to it. */
async function offer(key: string, welcome: (stream: Hypercore.ReplicationStream) => void): Promise<At> {
  const server = createServer((socket) => {
    const stream = Hypercore.createProtocolStream(false);
    const end = (): void => {
      socket.destroy();
      stream.destroy();
    };
    socket.on('error', end).on('close', end);
    stream.on('error', end).on('close', end);
    welcome(stream);
    socket.pipe(stream).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return { core: key, host: '127.0.0.1', port: address.port };
}

interface Sent {
  block: { value: Buffer } | null;
  upgrade: { signature: Buffer } | null;
}

/** Offers a sound log through a mouth that changes what it says. */
async function aLiar(falsify: (sent: Sent) => void): Promise<At> {
  const core = await aCore();
  await core.append(Array.from({ length: 20 }, (_, n) => Buffer.from(`entry ${String(n)}`)));
  // The peer of hypercore's replicator sends data by one function: the lie is told there, after all was proved.
  core.on('peer-add', (peer: { wireData: { send: (sent: Sent) => void } }) => {
    const send = peer.wireData.send.bind(peer.wireData);
    peer.wireData.send = (sent) => {
      falsify(sent);
      send(sent);
    };
  });
  return offer(core.key.toString('hex'), (stream) => core.replicate(stream));
}

const flipped = (bytes: Buffer): Buffer => {
  const other = Buffer.from(bytes);
  other[0] = (other[0] ?? 0) ^ 1;
  return other;
};

/** One run of the shipper over real connections, with stores in memory. */
function run(peers: readonly At[], ms: number) {
  const events: { readonly at: number; readonly event: ShipEvent }[] = [];
  const suspicions: Suspicion[] = [];
  const shipped = new Map<string, number>();
  const startedAt = Date.now();
  const outcome = ship(
    {
      source: createTcpLogSource(systemClock, SHORT),
      checkpoints: createFakeCheckpointStore(),
      queue: createFakeEntryQueue([], ({ body }) => {
        for (const { core, entries } of batchesIn(body))
          shipped.set(core, (shipped.get(core) ?? 0) + entries.length);
      }),
      directory: new FakePeerDirectory([...peers]),
      statuses: new FakeStatusBoard(),
      suspicions: { raise: async (suspicion) => void suspicions.push(suspicion) },
      lease: createFakeLease(),
      pacer: systemPacer,
      random: Math.random,
      observe: (event) => events.push({ at: Date.now() - startedAt, event }),
      holder: 'test',
    },
    SHIP_SETTINGS,
    startedAt + ms,
  );
  const troublesOf = (core: string) =>
    events.flatMap(({ at, event }) =>
      event.kind === 'troubled' && event.peer.core === core ? [{ at, ...event }] : [],
    );
  return { outcome, events, suspicions, shipped, troublesOf };
}

describe('a hostile peer is told of with evidence, and neither stops the run nor the others', () => {
  test.each<[string, (sent: Sent) => void, RegExp]>([
    [
      'sends blocks that the log does not hold',
      (sent) => {
        if (sent.block !== null) sent.block.value = flipped(sent.block.value);
      },
      /^INVALID_/,
    ],
    [
      'sends signatures that the key did not make',
      (sent) => {
        if (sent.upgrade !== null) sent.upgrade.signature = flipped(sent.upgrade.signature);
      },
      /^INVALID_SIGNATURE$/,
    ],
  ])('one that %s', async (_, falsify, code) => {
    const liar = await aLiar(falsify);
    const sound = await aWriter(31);
    await sound.append({ entries: 50 });
    const { outcome, suspicions, shipped } = run([liar, sound], 5_000);
    expect(await outcome).toBe('finished');
    expect(shipped.get(sound.core)).toBe(50);
    expect(shipped.get(liar.core) ?? 0).toBe(0);
    expect(suspicions).toHaveLength(1);
    const [suspicion] = suspicions;
    expect(suspicion).toMatchObject({ peer: { core: liar.core }, suspicion: 'bad-proof' });
    const { met } = suspicionEvidence.parse(suspicion?.evidence);
    expect(met?.code).toMatch(code);
    expect(met?.fork ?? 0).toBe(0);
    expect(JSON.stringify(suspicion)).not.toContain(Buffer.from('entry').toString('hex'));
    expect(JSON.stringify(suspicion)).not.toContain('entry');
  });

  test('one that offers another log', async () => {
    const other = await aWriter(32);
    await other.append({ entries: 5 });
    const wrong = { core: 'ab'.repeat(32), host: other.host, port: other.port };
    const { outcome, suspicions } = run([wrong], 4_000);
    await outcome;
    expect(suspicions).toMatchObject([
      { suspicion: 'wrong-key', evidence: { met: { code: 'WRONG_KEY', offered: [expect.any(String)] } } },
    ]);
    // The owner of that other log notices nothing.
    expect(await other.append({ entries: 1 })).toBe(6);
  });

  test('one that signs two versions of a log and shows both', async () => {
    const [original, copy] = [aDirectory(), aDirectory()];
    const first = await startWriter({ directory: original, seed: 33 });
    await first.append({ entries: 10 });
    await first.stop();
    cpSync(original, copy, { recursive: true });
    const one = await aCore(original);
    const two = await aCore(copy);
    await one.append(Array.from({ length: 10 }, () => Buffer.from('one')));
    await two.append(Array.from({ length: 15 }, () => Buffer.from('two')));
    let turns = 0;
    const at = await offer(one.key.toString('hex'), (stream) => {
      const shown = new Hypercore(new HypercoreStorage(original, { readOnly: true }), one.key, {
        writable: false,
      });
      void shown.ready().then(() => {
        shown.core.flushHints = () => Promise.resolve();
        shown.replicate(stream);
      });
      turns += 1;
      // The same connection, the same log, another history.
      setTimeout(() => {
        void shown.close().then(() => two.replicate(stream));
      }, 600);
    });
    const writer = await aWriter(34);
    const { outcome, suspicions, events } = run([at, writer], 6_000);
    await writer.append({ entries: 20 });
    expect(await outcome).toBe('finished');
    expect(turns).toBeGreaterThan(0);
    expect(suspicions.map(({ suspicion }) => suspicion)).toContain('conflict');
    const conflict = suspicions.find(({ suspicion }) => suspicion === 'conflict');
    expect(suspicionEvidence.parse(conflict?.evidence).met).toMatchObject({ code: 'CONFLICT', fork: 0 });
    expect(events.some(({ event }) => event.kind === 'degraded')).toBe(false);
    expect(await writer.append({ entries: 1 })).toBe(21);
  });
});

test('a peer that hangs in the middle of a read is dropped, backed off from with jitter, and slows nobody', async () => {
  const sick = await aWriter(35);
  const sound = await Promise.all([aWriter(36), aWriter(37)]);
  await sick.append({ entries: 20_000 });
  const { outcome, events, shipped, troublesOf } = run([sick, ...sound], 12_000);
  while ((shipped.get(sick.core) ?? 0) === 0) await systemPacer.sleep(5, new AbortController().signal);
  await sick.signal('SIGSTOP');
  const before = shipped.get(sick.core) ?? 0;
  expect(before).toBeLessThan(20_000);
  await Promise.all(sound.map((writer) => writer.append({ entries: 1_200, perSecond: 200 })));
  expect(await outcome).toBe('finished');
  for (const writer of sound) expect(shipped.get(writer.core)).toBe(1_200);
  const troubles = troublesOf(sick.core);
  expect(troubles.length).toBeGreaterThanOrEqual(3);
  expect(troubles[0]?.error).toMatchObject({
    reason: expect.stringMatching(/read-timeout|disconnected/) as unknown,
  });
  // Each wait is drawn below a bound that doubles: no two are alike, and none is longer.
  const waits = troubles.map(({ retryInMs }) => retryInMs);
  expect(new Set(waits).size).toBe(waits.length);
  for (const [index, wait] of waits.entries())
    expect(wait).toBeLessThanOrEqual(
      Math.min(SHIP_SETTINGS.reconnect.maxMs, SHIP_SETTINGS.reconnect.baseMs * 2 ** index),
    );
  for (const writer of sound) expect(troublesOf(writer.core)).toEqual([]);
  const lags = events.flatMap(({ event }) =>
    event.kind === 'shipped' && event.windows.every(({ core }) => core !== sick.core) ? [event.lagMs] : [],
  );
  lags.sort((a, b) => a - b);
  expect(lags[Math.floor(lags.length / 2)]).toBeLessThan(SHORT.readMs);
});
