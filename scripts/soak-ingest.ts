/**
 * `npm run soak:ingest -- --minutes N [--rate N] [--cores N] [--plot FILE]`: the deployed stack under load and under
 * attack. Writers append and plant leaks; the processes of shipper, detector and the other functions are killed at
 * random, a log is cut back each minute, a hostile peer is registered throughout. At the end every planted leak must lie
 * in the quarantine, once, and nothing else. The last line is JSON; the plot, if asked for, is an SVG of the lag over
 * time.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DynamoDBDocumentClient, GetCommand, paginateScan, PutCommand } from '@aws-sdk/lib-dynamodb';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { checkpointItem, ingestKey, type PeerItem } from '../functions/contracts/ingest-state.ts';
import { startWriter, type Writer } from '../test/support/fleet/writer.ts';
import type { WorkerInfo } from './emulator.ts';
import { account, type SoakFinding } from './soak/account.ts';
import { CpuLedger } from './soak/cpu.ts';
import { onOwnStack, wholeNumber, type SoakStack } from './soak/frame.ts';
import { startHostilePeer } from './soak/hostile-peer.ts';
import { renderPlot, type PlotEvent } from './soak/plot.ts';

const SEED = 4_000;
/** An agent's host appends so often, with what it has by then. */
const APPENDS_PER_SECOND = 20;
/** A writer appends in turns of so long: between two of them its log may be cut back. */
const TURN_SECONDS = 5;
const LEAKS_PER_THOUSAND = 1;
const KILL_EVERY_MS = [30_000, 60_000] as const;
const TRUNCATE_EVERY_MS = 60_000;
const TRUNCATE_ENTRIES = 200;
/** After the last append: what is still missing may take its time as long as anything comes. */
const SETTLE_MS = 120_000;
const LOOK_EVERY_MS = 3_000;

/** Of a quarantined finding, what is read of it. */
const soakFinding = z.object({
  core: z.string(),
  fork: z.number(),
  position: z.number(),
  redactedKey: z.string(),
  detectedAt: z.string(),
  fingerprint: z.string(),
  correlationId: z.string(),
  rule: z.string(),
});

const { values: flags } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '3000' },
    cores: { type: 'string', default: '10' },
    plot: { type: 'string' },
  },
});
const durationMs = wholeNumber('minutes', flags.minutes) * 60_000;
const rate = wholeNumber('rate', flags.rate);
const cores = wholeNumber('cores', flags.cores);
await onOwnStack(soak);

/** @returns whether what was planted was found, once, and nothing else */
async function soak({ emulator, outputs, options, atEnd }: SoakStack): Promise<boolean> {
  const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(options));
  const lambda = new LambdaClient(options);
  const directory = await mkdtemp(path.join(tmpdir(), 'shhh-soak-'));
  atEnd(() => rm(directory, { recursive: true, force: true }));

  const register = async (peer: {
    readonly core: string;
    readonly host: string;
    readonly port: number;
  }): Promise<void> => {
    const { core, host, port } = peer;
    const item: PeerItem = { ...ingestKey.peer(core), pk: 'PEER', core, host, port };
    await dynamo.send(new PutCommand({ TableName: outputs.IngestTableName, Item: item }));
  };
  const writers: Writer[] = [];
  for (let index = 0; index < cores; index += 1) {
    const writer = await startWriter({ directory: path.join(directory, String(index)), seed: SEED + index });
    atEnd(() => writer.stop());
    await register(writer);
    writers.push(writer);
  }
  const hostile = await startHostilePeer();
  atEnd(() => hostile.stop());
  await register(hostile);
  await lambda.send(
    new InvokeCommand({ FunctionName: outputs.ShipperFunctionName, InvocationType: 'Event' }),
  );

  let entries = 0;
  for (const writer of writers) writer.on('appended', ({ from, to }) => (entries += to - from));
  const startedAt = Date.now();
  const events: PlotEvent[] = [];
  const happened = (kind: string): void => void events.push({ at: Date.now() - startedAt, kind });
  const stopping = new AbortController();
  const pause = (ms: number): Promise<void> =>
    sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined);

  /** A worker is a process of the emulator that runs a function. */
  const partOf = ({ functionName }: WorkerInfo): string =>
    functionName === outputs.ShipperFunctionName
      ? 'shipper'
      : functionName === outputs.DetectorFunctionName
        ? 'detector'
        : 'other worker';
  const killing = repeat(stopping.signal, async () => {
    const [least, most] = KILL_EVERY_MS;
    await pause(least + Math.random() * (most - least));
    const victims = Map.groupBy(await emulator.workers(), partOf);
    const [part, those] = oneOf([...victims]) ?? [];
    const victim = oneOf(those ?? []);
    if (part === undefined || victim === undefined || stopping.signal.aborted) return;
    try {
      process.kill(victim.pid, 'SIGKILL');
      happened(`${part} killed`);
    } catch {
      // It ended by itself a moment ago.
    }
  });

  let maxRssMb = 0;
  const cpu = new CpuLedger();
  const measuring = repeat(stopping.signal, async () => {
    const workers = await emulator.workers();
    for (const worker of workers)
      if (partOf(worker) === 'shipper') maxRssMb = Math.max(maxRssMb, residentMb(worker.pid));
    cpu.look([
      ...workers.map((worker) => ({ part: partOf(worker), pid: worker.pid })),
      ...writers.map(({ pid }) => ({ part: 'writers', pid })),
      { part: 'emulator', pid: emulator.pid },
      { part: 'soak', pid: process.pid },
    ]);
    await pause(1_000);
  });

  /** Resolves when the queue has accepted all of this log: what is cut off afterwards was seen. */
  const shipped = async (writer: Writer, length: number): Promise<boolean> => {
    while (!stopping.signal.aborted) {
      const { Item } = await dynamo.send(
        new GetCommand({ TableName: outputs.IngestTableName, Key: ingestKey.checkpoint(writer.core) }),
      );
      const item = checkpointItem.safeParse(Item);
      if (item.success && (item.data.length ?? 0) >= length) return true;
      await pause(250);
    }
    return false;
  };
  let nextCut = startedAt + TRUNCATE_EVERY_MS / 2;
  const perTurn = Math.round((rate / cores) * TURN_SECONDS);
  const writing = writers.map(async (writer) => {
    let owed = 0;
    while (Date.now() - startedAt < durationMs) {
      owed += (perTurn * LEAKS_PER_THOUSAND) / 1_000;
      const leaks = Math.floor(owed);
      owed -= leaks;
      const perSecond = rate / cores;
      const batch = Math.max(1, Math.round(perSecond / APPENDS_PER_SECOND));
      const length = await writer.append({ entries: perTurn, leaks, perSecond, batch });
      if (Date.now() < nextCut) continue;
      nextCut += TRUNCATE_EVERY_MS;
      if (!(await shipped(writer, length))) continue;
      await writer.truncate(Math.max(0, length - TRUNCATE_ENTRIES));
      happened('log cut back');
    }
  });
  const telling = setInterval(() => {
    const planted = writers.reduce((sum, writer) => sum + writer.planted.length, 0);
    console.error(
      `${Math.round((Date.now() - startedAt) / 1_000)} s: ${entries} entries, ${planted} leaks planted, ${events.length} blows, ${Math.round(maxRssMb)} MB`,
    );
  }, 30_000);
  await Promise.all(writing);
  clearInterval(telling);
  stopping.abort();
  await Promise.all([killing, measuring]);

  const planted = writers.flatMap((writer) => writer.planted);
  let result = account(planted, await findingsIn(dynamo, outputs.QuarantineTableName));
  for (let progressAt = Date.now(); result.lost > 0 && Date.now() - progressAt < SETTLE_MS;) {
    await sleep(LOOK_EVERY_MS);
    const now = account(planted, await findingsIn(dynamo, outputs.QuarantineTableName));
    if (now.lost < result.lost) progressAt = Date.now();
    result = now;
  }
  const ran = Math.max(...planted.map(({ appendedAt }) => appendedAt), startedAt + 1) - startedAt;
  if (flags.plot !== undefined) {
    const plot = renderPlot({
      title: `${entries.toLocaleString('en')} entries of ${cores} logs, ${Math.round(entries / (ran / 1_000)).toLocaleString('en')} a second, with blows (${cpus().length} processors, everything on one machine)`,
      durationMs: ran,
      lags: result.lags.map(({ at, ms }) => ({ at: at - startedAt, ms })),
      events,
    });
    writeFileSync(flags.plot, plot);
  }
  console.error(
    `processor time for 1,000 entries: ${cpu
      .totals()
      .map(([part, ms]) => `${part} ${Math.round((ms / entries) * 1_000)} ms`)
      .join(', ')}`,
  );
  const { falseAlarms, p50Ms } = result;
  for (const { correlationId, rule } of falseAlarms)
    console.error(`false alarm: ${rule} in ${correlationId}`);
  console.error(
    `${events.length} blows: ${[...Map.groupBy(events, ({ kind }) => kind)].map(([kind, list]) => `${kind} ${list.length} ×`).join(', ')}; ${falseAlarms.length} false alarms; p50 ${p50Ms} ms`,
  );
  const { planted: count, quarantined, duplicates, lost, p99Ms } = result;
  console.log(
    JSON.stringify({
      entries,
      planted: count,
      quarantined,
      duplicates,
      lost,
      maxRssMb: Math.round(maxRssMb),
      p99Ms,
    }),
  );
  return lost === 0 && duplicates === 0 && falseAlarms.length === 0;
}

function oneOf<T>(choices: readonly T[]): T | undefined {
  return choices[Math.floor(Math.random() * choices.length)];
}

async function repeat(stop: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!stop.aborted) await work();
}

async function findingsIn(dynamo: DynamoDBDocumentClient, TableName: string): Promise<SoakFinding[]> {
  const found: SoakFinding[] = [];
  for await (const { Items = [] } of paginateScan({ client: dynamo }, { TableName })) {
    for (const item of Items) {
      const parsed = soakFinding.safeParse(item);
      if (parsed.success) found.push(parsed.data);
    }
  }
  return found;
}

/** Resident memory of a process in MB; 0 when it has ended. */
function residentMb(pid: number): number {
  try {
    const [, pages = '0'] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
    return (Number(pages) * 4_096) / 1e6;
  } catch {
    return 0;
  }
}
