/**
 * `npm run bench:ingest [-- --entries N] [--rounds N] [--cold] | [--live] [--spacing MS]`: the shipper beside hypercore's
 * bare replication of the same log, in turns on the same machine; its live latency into a queue, with `--live` that
 * alone; what SQS costs for a million entries; with `--cold` a start at a checkpoint in a log of a million entries. The
 * last line is JSON.
 */
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import Hypercore from 'hypercore';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createSqsEntryQueue } from '../functions/ingest/adapters/sqs-entry-queue.ts';
import { systemPacer } from '../functions/ingest/adapters/system-pacer.ts';
import { createTcpLogSource } from '../functions/ingest/adapters/tcp-log-source.ts';
import type { Checkpoint } from '../functions/ingest/domain/checkpoint.ts';
import type { ShipEvent } from '../functions/ingest/domain/events.ts';
import type { CheckpointStore, EntryQueue } from '../functions/ingest/domain/ports.ts';
import { ship, SHIP_SETTINGS } from '../functions/ingest/domain/ship.ts';
import { systemClock } from '../functions/kernel/clock.ts';
import { ok } from '../functions/kernel/result.ts';
import { readPriceList } from '../scripts/cost/prices.ts';
import { percentile } from '../scripts/demo/percentile.ts';
import { localClientOptions, startEmulator } from '../scripts/emulator.ts';
import { startWriter, type Writer } from '../test/support/fleet/writer.ts';

const COLD_ENTRIES = 1_000_000;
const COLD_NEW = 5_000;
const LIVE_SECONDS = 8;
const LIVE_LOGS = 10;
const LIVE_RATE = 1_000;
/** How often each log is appended to, with what there is by then. */
const LIVE_APPENDS_PER_SECOND = 20;
/** SQS bills each started 64 KiB. */
const CHUNK_BYTES = 64 * 1024;

const { values: flags } = parseArgs({
  options: {
    entries: { type: 'string', default: '30000' },
    rounds: { type: 'string', default: '3' },
    cold: { type: 'boolean', default: false },
    live: { type: 'boolean', default: false },
    spacing: { type: 'string', default: String(SHIP_SETTINGS.dispatch.spacingMs) },
  },
});

const directory = mkdtempSync(join(tmpdir(), 'shhh-bench-'));
const writers: Writer[] = [];
async function aWriter(name: string): Promise<Writer> {
  const writer = await startWriter({ directory: join(directory, name), seed: writers.length + 1 });
  writers.push(writer);
  return writer;
}

async function bench(entries: number, rounds: number): Promise<void> {
  const writer = await aWriter('backlog');
  await writer.append({ entries, batch: 2_000 });
  const bare: number[] = [];
  const shipped: number[] = [];
  let cost: Totals = NOTHING;
  for (let round = 0; round < rounds; round += 1) {
    bare.push(entries / (await replicate(writer, entries)));
    const run = await catchUp(writer, entries);
    shipped.push(entries / run.seconds);
    cost = run.totals;
    console.error(`round ${round + 1}: bare ${per(bare.at(-1))}, shipped ${per(shipped.at(-1))} entries/s`);
  }
  const live = await liveLatency();
  const coldStartMs = flags.cold ? await coldStart() : undefined;
  const usd = usdPerMillion(entries, cost);
  console.log(
    JSON.stringify({
      bareEntriesPerSecond: Math.round(median(bare)),
      shippedEntriesPerSecond: Math.round(median(shipped)),
      ratio: Number((median(shipped) / median(bare)).toFixed(2)),
      ...live,
      compression: Number((cost.contentBytes / cost.bytes).toFixed(2)),
      entriesPerMessage: Math.round(entries / cost.messages),
      sqsUsdPerMillionPacked: usd.packed,
      sqsUsdPerMillionUnpacked: usd.unpacked,
      ...(coldStartMs !== undefined && { coldStartMs: Math.round(coldStartMs) }),
    }),
  );
}

/** Seconds until every block of the log was read by a replica that does nothing else. */
async function replicate(writer: Writer, entries: number): Promise<number> {
  const replica = mkdtempSync(join(directory, 'bare-'));
  const core = new Hypercore(replica, Buffer.from(writer.core, 'hex'), {});
  await core.ready();
  const startedAt = performance.now();
  const stream = core.replicate(true);
  const socket = connect({ host: writer.host, port: writer.port, noDelay: true });
  socket.on('error', () => undefined);
  stream.on('error', () => undefined);
  socket.pipe(stream).pipe(socket);
  while (core.length < entries) await sleep(1);
  core.download({ start: 0, end: entries, linear: true });
  const ahead = 64;
  for (let seq = 0; seq < entries; seq += ahead)
    await Promise.all(
      Array.from({ length: Math.min(ahead, entries - seq) }, (_, offset) => core.get(seq + offset)),
    );
  const seconds = (performance.now() - startedAt) / 1_000;
  socket.destroy();
  await core.close();
  return seconds;
}

interface Totals {
  readonly messages: number;
  readonly bytes: number;
  readonly contentBytes: number;
  readonly chunks: number;
}
const NOTHING: Totals = { messages: 0, bytes: 0, contentBytes: 0, chunks: 0 };

interface RunOptions {
  readonly queue: EntryQueue;
  readonly checkpoint?: Checkpoint;
  readonly onShipped: (event: Extract<ShipEvent, { kind: 'shipped' }>) => void;
  readonly until: Promise<void>;
}

/** A shipper over these logs, everything but logs and queue in memory, until `until`. */
async function run(
  logs: readonly Writer[],
  { queue, checkpoint, onShipped, until }: RunOptions,
): Promise<void> {
  const stopping = new AbortController();
  const checkpoints: CheckpointStore = {
    claim: async () => ok(checkpoint),
    advance: async () => ok(undefined),
  };
  const running = ship(
    {
      source: createTcpLogSource(systemClock),
      checkpoints,
      queue,
      // The run ends when it has seen enough, not by the clock.
      pacer: {
        now: () => systemPacer.now(),
        sleep: (ms, stop) => systemPacer.sleep(ms, AbortSignal.any([stop, stopping.signal])),
      },
      random: Math.random,
      observe: (event) => {
        if (event.kind === 'shipped') onShipped(event);
      },
      directory: {
        list: async () => ({
          peers: logs.map(({ core, host, port }) => ({ core, host, port })),
          unreadable: [],
        }),
        enroll: async () => undefined,
      },
      statuses: { post: async () => undefined },
      suspicions: { raise: async () => undefined },
      lease: {
        acquire: async (holder) => ok({ holder, token: 1, expiresAt: Number.MAX_SAFE_INTEGER }),
        renew: async (grant) => ok(grant),
        release: async () => undefined,
      },
      holder: 'bench',
    },
    { ...SHIP_SETTINGS, dispatch: { ...SHIP_SETTINGS.dispatch, spacingMs: Number(flags.spacing) } },
    systemPacer.now() + 600_000,
  );
  await until;
  stopping.abort();
  await running;
}

/** A queue that takes everything at once: what it costs to hand over is the live latency's to tell. */
const memoryQueue: EntryQueue = { send: async (batch) => batch.map(() => ({ accepted: true })) };

async function catchUp(
  writer: Writer,
  entries: number,
  checkpoint?: Checkpoint,
): Promise<{ seconds: number; totals: Totals }> {
  const done = Promise.withResolvers<undefined>();
  let totals = NOTHING;
  let count = 0;
  const startedAt = performance.now();
  let seconds = 0;
  await run([writer], {
    queue: memoryQueue,
    ...(checkpoint !== undefined && { checkpoint }),
    onShipped: ({ windows, messages, bytes, contentBytes }) => {
      count += windows.reduce((sum, { seqStart, seqEnd }) => sum + seqEnd - seqStart, 0);
      totals = {
        messages: totals.messages + messages,
        bytes: totals.bytes + bytes,
        contentBytes: totals.contentBytes + contentBytes,
        chunks: totals.chunks + Math.ceil(bytes / CHUNK_BYTES),
      };
      if (count < entries) return;
      seconds = (performance.now() - startedAt) / 1_000;
      done.resolve(undefined);
    },
    until: done.promise,
  });
  return { seconds, totals };
}

/** From an append having returned to the queue having accepted the entry, through SQS's own protocol. */
async function liveLatency(): Promise<{ liveP50Ms: number; liveP99Ms: number }> {
  const emulator = await startEmulator({ log: console.error });
  try {
    const sqs = new SQSClient(localClientOptions(emulator.endpoint));
    const { QueueUrl = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName: 'bench', Attributes: { MaximumMessageSize: '1048576' } }),
    );
    const logs = await Promise.all(Array.from({ length: LIVE_LOGS }, (_, index) => aWriter(`live-${index}`)));
    const appendedAt = new Map<string, { readonly to: number; readonly at: number }[]>();
    for (const writer of logs) {
      const list: { to: number; at: number }[] = [];
      appendedAt.set(writer.core, list);
      writer.on('appended', ({ to, appendedAt: at }) => list.push({ to, at }));
    }
    const accepted: { core: string; from: number; to: number; at: number }[] = [];
    const over = Promise.withResolvers<undefined>();
    const running = run(logs, {
      queue: createSqsEntryQueue(sqs, QueueUrl),
      onShipped: ({ windows }) => {
        const at = Date.now();
        for (const { core, seqStart, seqEnd } of windows)
          accepted.push({ core, from: seqStart, to: seqEnd, at });
      },
      until: over.promise,
    });
    await sleep(1_000);
    const perLog = LIVE_RATE / LIVE_LOGS;
    await Promise.all(
      logs.map((writer) =>
        writer.append({
          entries: perLog * LIVE_SECONDS,
          perSecond: perLog,
          batch: perLog / LIVE_APPENDS_PER_SECOND,
        }),
      ),
    );
    await sleep(1_000);
    over.resolve(undefined);
    await running;
    const latencies = accepted.flatMap(({ core, from, to, at }) =>
      Array.from({ length: to - from }, (_, offset) => {
        const append = appendedAt.get(core)?.find((each) => each.to > from + offset);
        return append === undefined ? [] : [Math.max(0, at - append.at)];
      }).flat(),
    );
    const [liveP50Ms = 0, liveP99Ms = 0] = [percentile(latencies, 50), percentile(latencies, 99)];
    console.error(
      `live at ${LIVE_RATE} entries/s over ${LIVE_LOGS} logs: p50 ${liveP50Ms} ms, p99 ${liveP99Ms} ms; load average ${(loadavg()[0] ?? 0).toFixed(1)}`,
    );
    return { liveP50Ms, liveP99Ms };
  } finally {
    await emulator.stop();
  }
}

/** Milliseconds from the start of a run to the queue having all that is new in a long log. */
async function coldStart(): Promise<number> {
  const writer = await aWriter('cold');
  await writer.append({ entries: COLD_ENTRIES, batch: 2_000 });
  const source = createTcpLogSource(systemClock);
  const session = await source.connect(writer, new AbortController().signal);
  const treeHash = await session.treeHash(COLD_ENTRIES);
  await session.close();
  await writer.append({ entries: COLD_NEW, batch: 2_000 });
  const { seconds } = await catchUp(writer, COLD_NEW, {
    fork: 0,
    length: COLD_ENTRIES,
    treeHash,
    ancestors: [],
  });
  return seconds * 1_000;
}

/**
 * US$ for a million entries sent, received and deleted: packed as measured, against a message for each entry, in full
 * batches of ten at its cheapest.
 */
function usdPerMillion(entries: number, { messages, chunks }: Totals): { packed: number; unpacked: number } {
  const { usd } = readPriceList().prices.sqsRequest;
  const million = 1_000_000 / entries;
  const packed = (2 * chunks + messages / 10) * million * usd;
  const unpacked = 3 * (1_000_000 / 10) * usd;
  return { packed: Number(packed.toFixed(4)), unpacked: Number(unpacked.toFixed(4)) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const per = (rate = 0): string => Math.round(rate).toLocaleString('en');

try {
  if (flags.live) console.log(JSON.stringify(await liveLatency()));
  else await bench(Number(flags.entries), Number(flags.rounds));
} finally {
  for (const writer of writers) await writer.stop();
  rmSync(directory, { recursive: true, force: true });
}
