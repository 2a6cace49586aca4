/**
 * `npm run soak:ingest -- --minutes N [--rate N] [--cores N] [--plot FILE]`: the deployed stack under load and under
 * attack. Writers append and plant leaks; the processes of shipper and detector are killed at random, a log is cut
 * back each minute, a hostile peer is registered throughout. At the end every planted leak must lie in the quarantine,
 * once. The last line is JSON; the plot, if asked for, is an SVG of the lag over time.
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
import { deployLocal } from './deploy-local.ts';
import { startEmulator } from './emulator.ts';
import { account, type SoakFinding } from './soak/account.ts';
import { startHostilePeer } from './soak/hostile-peer.ts';
import { renderPlot, type PlotEvent } from './soak/plot.ts';

const SEED = 4_000;
/** A writer appends in turns of so long: between two of them its log may be cut back. */
const TURN_SECONDS = 5;
const LEAKS_PER_THOUSAND = 1;
const KILL_EVERY_MS = [30_000, 60_000] as const;
const TRUNCATE_EVERY_MS = 60_000;
const TRUNCATE_ENTRIES = 200;
/** How long what is still missing may take after the last append. */
const SETTLE_MS = 180_000;

/** Of a quarantined finding, what is read of it. */
const soakFinding = z.object({
  core: z.string(),
  fork: z.number(),
  position: z.number(),
  redactedKey: z.string(),
  detectedAt: z.string(),
  fingerprint: z.string(),
});

const { values: flags } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '3000' },
    cores: { type: 'string', default: '10' },
    plot: { type: 'string' },
  },
});
const positive = (name: string, value: string): number => {
  const parsed = Number(value);
  if (!(parsed > 0)) throw new Error(`--${name} ${value} is no number above 0.`);
  return parsed;
};

const started: (() => Promise<void> | void)[] = [];
try {
  process.exitCode = (await soak()) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : 'soak: an unknown error');
  process.exitCode = 1;
} finally {
  for (const stop of started.reverse()) await stop();
}

/** @returns whether nothing was lost and nothing came twice */
async function soak(): Promise<boolean> {
  const durationMs = positive('minutes', flags.minutes) * 60_000;
  const rate = positive('rate', flags.rate);
  const cores = Math.ceil(positive('cores', flags.cores));

  const emulator = await startEmulator({ log: console.error });
  started.push(() => emulator.stop());
  const outputs = await deployLocal({ endpoint: emulator.endpoint, log: console.error });
  const client = { endpoint: emulator.endpoint, region: emulator.region, credentials: emulator.credentials };
  const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(client));
  const lambda = new LambdaClient(client);
  const directory = await mkdtemp(path.join(tmpdir(), 'shhh-soak-'));
  started.push(() => rm(directory, { recursive: true, force: true }));

  const register = async (peer: { readonly core: string; readonly host: string; readonly port: number }): Promise<void> => {
    const { core, host, port } = peer;
    const item: PeerItem = { ...ingestKey.peer(core), pk: 'PEER', core, host, port };
    await dynamo.send(new PutCommand({ TableName: outputs.IngestTableName, Item: item }));
  };
  const writers: Writer[] = [];
  for (let index = 0; index < cores; index += 1) {
    const writer = await startWriter({ directory: path.join(directory, String(index)), seed: SEED + index });
    started.push(() => writer.stop());
    await register(writer);
    writers.push(writer);
  }
  const hostile = await startHostilePeer();
  started.push(() => hostile.stop());
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

  const killing = repeat(stopping.signal, async () => {
    const [least, most] = KILL_EVERY_MS;
    await pause(least + Math.random() * (most - least));
    const victims = (await emulator.workers()).filter(({ functionName }) =>
      [outputs.ShipperFunctionName, outputs.DetectorFunctionName].includes(functionName),
    );
    const victim = victims[Math.floor(Math.random() * victims.length)];
    if (victim === undefined || stopping.signal.aborted) return;
    process.kill(victim.pid, 'SIGKILL');
    happened(victim.functionName === outputs.ShipperFunctionName ? 'shipper killed' : 'detector killed');
  });

  let maxRssMb = 0;
  const measuring = repeat(stopping.signal, async () => {
    for (const { functionName, pid } of await emulator.workers())
      if (functionName === outputs.ShipperFunctionName) maxRssMb = Math.max(maxRssMb, residentMb(pid));
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
      const length = await writer.append({ entries: perTurn, leaks, perSecond: rate / cores });
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
  const deadline = Date.now() + SETTLE_MS;
  let result = account(planted, await findingsIn(dynamo, outputs.QuarantineTableName));
  while (result.lost > 0 && Date.now() < deadline) {
    await sleep(2_000);
    result = account(planted, await findingsIn(dynamo, outputs.QuarantineTableName));
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
  const { falseAlarms, p50Ms } = result;
  console.error(
    `${events.length} blows: ${[...Map.groupBy(events, ({ kind }) => kind)].map(([kind, list]) => `${kind} ${list.length} ×`).join(', ')}; ${falseAlarms} false alarms; p50 ${p50Ms} ms`,
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
  return lost === 0 && duplicates === 0;
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
