/**
 * `npm run demo [-- --once] [--entries N] [--leaks N] [--rate N]`: the whole way of an entry, on this machine.
 * A writer appends to a real hypercore, the deployed stack ships, scans, quarantines and announces, and a subscriber
 * of the alert topic receives; then a key that works leaks, and is revoked; and the key of a service leaks, which is
 * replaced before it dies. With `--once` it ends by itself and its last line is JSON.
 */
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SNSClient } from '@aws-sdk/client-sns';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, styleText } from 'node:util';
import { ingestKey, type PeerItem } from '../functions/contracts/ingest-state.ts';
import { startSts } from '../test/support/providers/sts-stand-in.ts';
import { startWriter, type Writer } from '../test/support/fleet/writer.ts';
import { findingsIn, startAlertReceiver, type AlertReceiver } from './demo/alert-receiver.ts';
import { judge, type Verdict } from './demo/judge.ts';
import { percentile } from './demo/percentile.ts';
import { replaceBeforeTheEyes, ROTATION_POLICIES, startKeyInUse } from './demo/replacement.ts';
import { revokeBeforeTheEyes } from './demo/revocation.ts';
import { alertsTable, findingsTable, heading, progressLine, type Progress } from './demo/story.ts';
import { draw, say } from './demo/terminal.ts';
import { Watch } from './demo/watch.ts';
import { deployLocal } from './deploy-local.ts';
import { startEmulator } from './emulator.ts';

const SEED = 20_261_121;
const REDRAW_MS = 250;
/** How long the last finding or alert may take after the last append before it counts as lost. */
const SETTLE_MS = 60_000;
/** Nothing new for so long means that the system is done. */
const QUIET_MS = 3_000;

const { values: flags } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    entries: { type: 'string', default: '10000' },
    leaks: { type: 'string', default: '47' },
    rate: { type: 'string', default: '500' },
  },
});

const started: (() => Promise<void>)[] = [];
let interrupted = false;
const interruption = new Promise<void>((resolve) => {
  const interrupt = () => {
    interrupted = true;
    resolve();
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
});

try {
  process.exitCode = (await demo()) ? 0 : 1;
} catch (error) {
  say(`The demo could not go on: ${reasonOf(error)}`);
  process.exitCode = 1;
} finally {
  for (const stop of started.reverse()) await stop().catch(() => undefined);
}

/** @returns whether everything planted was caught and nothing else, and both keys that work died in time, unnoticed by the service */
async function demo(): Promise<boolean> {
  const entries = wholeNumber('entries', flags.entries);
  const leaks = wholeNumber('leaks', flags.leaks);
  const rate = wholeNumber('rate', flags.rate);

  const emulator = await startEmulator({ log: say });
  started.push(() => emulator.stop());
  const sts = await startSts(emulator.endpoint);
  started.push(() => sts.close());
  const outputs = await deployLocal({
    endpoint: emulator.endpoint,
    providerAddresses: { 'aws.sts': sts.url },
    rotationPolicies: ROTATION_POLICIES,
    log: say,
  });
  const client = { endpoint: emulator.endpoint, region: emulator.region, credentials: emulator.credentials };
  const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(client));
  const lambda = new LambdaClient(client);

  const receiver = await startAlertReceiver(new SNSClient(client), outputs.AlertTopicArn);
  started.push(() => receiver.stop());
  const directory = await mkdtemp(path.join(tmpdir(), 'shhh-demo-'));
  started.push(() => rm(directory, { recursive: true, force: true }));
  const writer = await startWriter({ directory, seed: SEED });
  started.push(() => writer.stop());
  say(`writer: hypercore ${writer.core.slice(0, 16)}… on ${writer.host}:${writer.port}, alerts: subscribed`);

  const peer: PeerItem = {
    ...ingestKey.peer(writer.core),
    pk: 'PEER',
    core: writer.core,
    host: writer.host,
    port: writer.port,
    name: 'demo fleet',
  };
  await dynamo.send(new PutCommand({ TableName: outputs.IngestTableName, Item: peer }));
  // The schedule would start it within the minute; nobody likes to wait.
  await lambda.send(
    new InvokeCommand({ FunctionName: outputs.ShipperFunctionName, InvocationType: 'Event' }),
  );

  const watch = new Watch({
    dynamo,
    lambda,
    logs: new CloudWatchLogsClient(client),
    quarantineTable: outputs.QuarantineTableName,
    ingestTable: outputs.IngestTableName,
    detectorFunction: outputs.DetectorFunctionName,
    core: writer.core,
  });
  started.push(() => watch.stop());

  let written = 0;
  writer.on('appended', ({ to }) => (written = to));
  const state = () => ({ written, ...standing(writer, watch, receiver) });
  const redraw = setInterval(
    () => draw(progressLine(state())),
    process.stdout.isTTY ? REDRAW_MS : 8 * REDRAW_MS,
  );
  try {
    say(heading(`${entries.toLocaleString('en')} entries, ${leaks} of them with leaks, ${rate} a second`));
    await Promise.race([writer.append({ entries, leaks, perSecond: rate }), interruption]);
    await settled(
      () => state(),
      () => severeOf(watch),
    );
  } finally {
    clearInterval(redraw);
    draw(progressLine(state()));
  }
  const verdict = tell(writer, watch, receiver);
  const totals = summary(state(), verdict);
  const isAllTold = findingsIn(receiver.received) === severeOf(watch);
  say(heading('A key that works leaks: what becomes of it'));
  const stage = {
    ...{ writer, watch, dynamo, sts, client },
    revocationTable: outputs.RevocationTableName,
    caseTable: outputs.CaseTableName,
    rotationTable: outputs.RotationTableName,
    deskName: outputs.RotationDeskName,
  };
  const inUse = await startKeyInUse(stage);
  started.push(() => inUse.service.stop());
  const revoked = interrupted ? { revokedMs: undefined } : await revokeBeforeTheEyes(stage);
  sayHow(revoked.revokedMs, 'Inactive and proven dead', 'It was not proven dead within 30 s');
  say(heading('The key of a service leaks: it is replaced before it dies'));
  const { replacedMs, calls, failed } = interrupted
    ? { replacedMs: undefined, calls: 0, failed: 0 }
    : await replaceBeforeTheEyes(inUse, stage);
  sayHow(
    failed === 0 ? replacedMs : undefined,
    `Replaced, and the old one proven dead, with ${calls} calls of the service and none that failed,`,
    replacedMs === undefined
      ? 'It was not replaced and proven dead within 60 s'
      : `The service noticed: ${failed} of its ${calls} calls failed`,
  );
  if (!flags.once && !interrupted) await stayUp(writer, watch, receiver, () => written);
  if (flags.once) console.log(JSON.stringify({ ...totals, revokedMs: revoked.revokedMs, replacedMs }));
  return (
    verdict.lost.length === 0 &&
    verdict.falseAlarms.length === 0 &&
    receiver.refused.length === 0 &&
    isAllTold &&
    revoked.revokedMs !== undefined &&
    replacedMs !== undefined &&
    failed === 0
  );
}

function sayHow(tookMs: number | undefined, well: string, otherwise: string): void {
  const seconds = ((tookMs ?? 0) / 1000).toFixed(1);
  const told =
    tookMs === undefined
      ? styleText('red', otherwise)
      : styleText('green', `${well} ${seconds} s after its append`);
  say(heading(told));
}

/** Keeps writing slowly and says what is new, until Ctrl-C. */
async function stayUp(
  writer: Writer,
  watch: Watch,
  receiver: AlertReceiver,
  written: () => number,
): Promise<void> {
  say(
    `\n${styleText('dim', 'It stays up and goes on at 5 entries a second; Ctrl-C ends it and leaves nothing running.')}`,
  );
  let told = watch.seen.length;
  while (!interrupted) {
    await Promise.race([writer.append({ entries: 50, leaks: 1, perSecond: 5 }), interruption]);
    for (const { item } of watch.seen.slice(told)) say(findingsTable([item]).at(-1) ?? '');
    told = watch.seen.length;
    draw(progressLine({ written: written(), ...standing(writer, watch, receiver) }));
  }
}

function standing(writer: Writer, watch: Watch, receiver: AlertReceiver): Omit<Progress, 'written'> {
  watch.ensureWatching();
  const latencies = latenciesMs(writer, watch);
  return {
    shipped: watch.shipped,
    scanned: watch.scanned,
    quarantined: watch.seen.length,
    alerted: findingsIn(receiver.received),
    p50Ms: percentile(latencies, 50),
    p99Ms: percentile(latencies, 99),
  };
}

function latenciesMs(writer: Writer, watch: Watch): number[] {
  const appendedAt = new Map(writer.planted.map((planted) => [planted.seq, planted.appendedAt]));
  return watch.seen.flatMap(({ item, readableAt }) => {
    const appended = appendedAt.get(item.position);
    return appended === undefined ? [] : [readableAt - appended];
  });
}

/** Findings that people are told of. */
function severeOf(watch: Watch): number {
  return watch.seen.filter(({ item }) => item.severity === 'HIGH' || item.severity === 'CRITICAL').length;
}

/** Waits until everything written was scanned, what is severe was told, and nothing has changed for a while, or for as long as is reasonable. */
async function settled(state: () => Progress, severe: () => number): Promise<void> {
  const deadline = Date.now() + SETTLE_MS;
  let last = '';
  let since = Date.now();
  while (Date.now() < deadline && !interrupted) {
    const now = state();
    const seen = JSON.stringify(now);
    if (seen !== last) since = Date.now();
    last = seen;
    const told = now.alerted >= severe();
    if (now.scanned >= now.written && told && Date.now() - since >= QUIET_MS) return;
    await sleep(REDRAW_MS);
  }
}

function tell(writer: Writer, watch: Watch, receiver: AlertReceiver) {
  const items = watch.seen.map(({ item }) => item);
  const verdict = judge(writer.planted, items);
  say(heading('What lies in the quarantine'));
  findingsTable(items).forEach(say);
  say(
    heading(
      'What a subscriber of the alert topic was told (HIGH and CRITICAL): at once, then all of it when the burst was over',
    ),
  );
  alertsTable(receiver.received).forEach(say);
  const types = new Set(verdict.caught.map(({ planted }) => planted.type)).size;
  const good = verdict.lost.length === 0 && verdict.falseAlarms.length === 0;
  say(
    heading(
      styleText(
        good ? 'green' : 'red',
        `${verdict.caught.length} of ${writer.planted.length} planted secrets of ${types} types caught, ${verdict.falseAlarms.length} false alarms; ${findingsIn(receiver.received)} of ${severeOf(watch)} severe ones told in ${receiver.received.length} messages`,
      ),
    ),
  );
  for (const leak of verdict.lost) say(`lost: a ${leak.type} at @${leak.seq}`);
  if (verdict.falseAlarms.length > 0) findingsTable(verdict.falseAlarms).forEach(say);
  for (const reason of receiver.refused) say(`an alert came that is not by the contract: ${reason}`);
  return verdict;
}

function summary(progress: Progress, verdict: Verdict<unknown, unknown>) {
  const { written, quarantined, alerted, p50Ms, p99Ms } = progress;
  return {
    entries: written,
    planted: verdict.caught.length + verdict.lost.length,
    quarantined,
    falseAlarms: verdict.falseAlarms.length,
    alerts: alerted,
    lost: verdict.lost.length,
    p50Ms,
    p99Ms,
  };
}

function wholeNumber(flag: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${flag} ${text}: give a whole number of at least 1.`);
  return Number(text);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} ${reasonOf(error.cause)}`;
}
