/** The way of one entry, on the deployed stack: from an append to the alert, through crashes, repeats and poison. */
import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestKey } from '../../functions/contracts/ingest-state.ts';
import { findingsIn } from '../../scripts/demo/alert-receiver.ts';
import { judge } from '../../scripts/demo/judge.ts';
import { createLeak } from '../support/fleet/leaks.ts';
import { ALPHABETS, createRandom } from '../support/fleet/random.ts';
import { startWriter, type Writer } from '../support/fleet/writer.ts';
import { captureChannels, type CapturedChannels } from '../support/providers/channels.ts';
import { SecretSearch, type Exposure, type SoughtSecret } from '../support/secret-search.ts';
import { everythingAtRest } from '../support/stores.ts';
import { System, until } from '../support/system.ts';

const SEVERE = new Set(['HIGH', 'CRITICAL']);
const MIB = 1024 * 1024;

/** A secret that was put into a raw entry, and which entry that became. */
interface PlantedRaw extends SoughtSecret {
  readonly core: string;
  readonly fork: number;
  readonly seq: number;
}

let system: System;
let channels: CapturedChannels;
let writer: Writer;
const plantedRaw: PlantedRaw[] = [];
const allPlanted = () => [...writer.planted, ...plantedRaw];

beforeAll(async () => {
  system = await System.connect();
  channels = await captureChannels(system.clientOptions, system.outputs);
  writer = await startWriter({ directory: await system.temporaryDirectory(), seed: 7 });
  await system.dynamo.send(
    new PutCommand({
      TableName: system.outputs.IngestTableName,
      Item: {
        ...ingestKey.peer(writer.core),
        core: writer.core,
        host: writer.host,
        port: writer.port,
        name: 'journey',
      },
    }),
  );
  await system.startShipper();
});
afterAll(async () => {
  await writer.stop();
  await channels.stop();
  await system.close();
});

/** Findings of this journey: others on the same stack have their own. */
const found = async () => (await system.findings()).filter(({ core }) => core === writer.core);

/** Waits until everything planted lies in the quarantine; then nothing else may lie there. */
async function expectExactlyThePlanted(withinMs: number): Promise<void> {
  await until(withinMs, async () => judge(allPlanted(), await found()).lost.length === 0);
  const verdict = judge(allPlanted(), await found());
  expect(verdict.lost.map(({ type, seq }) => ({ type, seq }))).toEqual([]);
  expect(
    verdict.falseAlarms.map(({ rule, position, redactedKey }) => ({ rule, position, redactedKey })),
  ).toEqual([]);
}

describe('a fleet that leaks', () => {
  it('has every leak quarantined once, and nothing else', async () => {
    await writer.append({ entries: 1_500, leaks: 47, perSecond: 500 });
    await expectExactlyThePlanted(60_000);
  });

  it('has subscribers of the alert topic told of every severe finding once, in two messages for each agent', async () => {
    const severe = (await found()).filter((item) => SEVERE.has(item.severity));
    const toldOf = (agent: string) => system.alerts.received.filter((message) => message.agent === agent);
    const byAgent = Map.groupBy(severe, ({ agent }) => agent);
    const all = () => [...byAgent].every(([agent, of]) => findingsIn(toldOf(agent)) === of.length);
    await until(90_000, all);
    expect(system.alerts.refused).toEqual([]);
    for (const [agent, of] of byAgent) {
      expect(findingsIn(toldOf(agent)), agent).toBe(of.length);
      expect(toldOf(agent).length, agent).toBeLessThanOrEqual(2);
    }
  });

  it('can follow one entry through every function by its correlation id', async () => {
    const [item] = (await found()).filter(({ severity }) => severity === 'CRITICAL');
    if (!item) throw new Error('There is no critical finding to follow.');
    const servicesIn = (lines: readonly { readonly service?: unknown }[]) =>
      [...new Set(lines.map(({ service }) => service))].sort();
    const wanted = ['alerts', 'detection', 'quarantine', 'revocation'];
    // The revocation is at work beside the alerts, and may be later.
    await until(60_000, async () => {
      const services = servicesIn(await system.logLines(item.correlationId));
      return wanted.every((service) => services.includes(service));
    });
    const lines = await system.logLines(item.correlationId);
    expect(servicesIn(lines)).toEqual(expect.arrayContaining(wanted));
    // An entry may hold several.
    const ofItem = lines.find(
      (line) => line.event === 'secret_detected' && line['secret_type'] === item.secretType,
    );
    expect(ofItem).toMatchObject({
      level: 'WARN',
      correlation_id: item.correlationId,
      secret_type: item.secretType,
      severity: 'CRITICAL',
      hypercore_position: item.position,
    });
  });

  it('loses nothing and doubles nothing when shipper and detector die in mid-batch and entries come again', async () => {
    const writing = writer.append({ entries: 3_000, leaks: 51, perSecond: 250 });
    const kills = { Shipper: 0, Detector: 0 };
    const done = writing.then(() => true);
    for (let turn = 0; !(await Promise.race([done, sleep(1_500, false)])); turn += 1) {
      const victim = turn % 3 === 2 ? 'Shipper' : 'Detector';
      kills[victim] += await system.kill(victim);
      // As the schedule does each minute; a run that finds the lease taken waits for it.
      await system.startShipper();
    }
    expect(kills.Shipper).toBeGreaterThan(0);
    expect(kills.Detector).toBeGreaterThan(0);

    // Without its checkpoint a log is shipped again from its beginning: every message comes a second time.
    await system.kill('Shipper');
    await system.dynamo.send(
      new DeleteCommand({
        TableName: system.outputs.IngestTableName,
        Key: ingestKey.checkpoint(writer.core),
      }),
    );
    await system.startShipper();
    await expectExactlyThePlanted(240_000);
    await system.quiet();
    await expectExactlyThePlanted(1_000);
  });

  it('scans poison like any entry: not JSON, binary, empty, invalid UTF-8, a mebibyte', async () => {
    const random = createRandom(99);
    const leak = () => createLeak('github-pat', random).secrets[0];
    const [inProse, inBinary, inLong, beyondInvalid] = [leak(), leak(), leak(), leak()];
    const long = Buffer.alloc(MIB, 'the quick brown fox jumps over the lazy dog ');
    // Across the border of two segments, wherever that is, some byte of the middle is.
    long.write(` ${inLong.secret} `, MIB / 2);
    const blocks: readonly (readonly [Buffer, SoughtSecret | undefined])[] = [
      [Buffer.from(`no JSON at all: ${inProse.secret} was printed here`), inProse],
      [Buffer.concat([random.bytes(500), Buffer.from(` ${inBinary.secret} `), random.bytes(500)]), inBinary],
      [Buffer.alloc(0), undefined],
      [
        Buffer.concat([Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0x20]), Buffer.from(beyondInvalid.secret)]),
        beyondInvalid,
      ],
      [Buffer.from('{"type":"task_progress","author":'), undefined],
      [random.bytes(MIB), undefined],
      [long, inLong],
    ];
    const length = await writer.appendRaw(blocks.map(([block]) => block));
    blocks.forEach(([, secret], index) => {
      if (secret)
        plantedRaw.push({ ...secret, core: writer.core, fork: 0, seq: length - blocks.length + index });
    });
    await expectExactlyThePlanted(90_000);
  });

  it('puts a message that is no batch of entries aside, with the reason, and goes on', async () => {
    await system.sendToEntryQueue('{"version":1,"core":"nonsense"}');
    await system.sendToEntryQueue('not JSON');
    await until(90_000, async () => (await system.deadEntryMessages()).length >= 2);
    for (const { reason } of await system.deadEntryMessages()) expect(reason).toMatch(/\w+/);
    await writer.append({ entries: 20, leaks: 2 });
    await expectExactlyThePlanted(60_000);
  });

  it('is reported healthy, but for the dead messages that wait for a person', async () => {
    const health = await system.health();
    expect(health.components).toMatchObject({
      logs: { status: 'ok' },
      database: { status: 'ok' },
      queue: { status: 'degraded' },
      alertChannel: { status: 'ok' },
    });
  });

  it('leaves no secret at rest in any table, stream, object, queue, log or metric, nor with anybody who was told, in any encoding', async () => {
    // A search that looks in the wrong place would be content as well: it has to find this one everywhere.
    const control = { type: 'control', secret: createRandom(Date.now()).text(ALPHABETS.alphanumeric, 40) };
    await system.leaveEverywhere(control.secret);
    const search = new SecretSearch([...allPlanted(), control]);
    const exposures: Exposure[] = [];
    for await (const { where, text } of everythingAtRest(system.clientOptions))
      exposures.push(...search.in(where, text));
    // Functions that knew other settings notice the new ones within a minute.
    const { accepted } = channels.standIns;
    const captures = async () => ({
      slack: accepted.slack.map((each) => JSON.stringify(each)),
      pagerduty: accepted.pagerduty.map((each) => JSON.stringify(each)),
      webhook: accepted.webhook.map((each) => JSON.stringify(each)),
      email: await channels.mails(),
      sns: system.alerts.received.map((each) => JSON.stringify(each)),
    });
    const [severe] = (await found()).filter(({ severity }) => SEVERE.has(severity));
    const telling = (texts: readonly string[]) => texts.filter((text) => text.includes(severe?.agent ?? '–'));
    await until(120_000, async () =>
      Object.values(await captures()).every((texts) => telling(texts).length > 0),
    );
    for (const [channel, texts] of Object.entries(await captures())) {
      expect(telling(texts), `nothing was told over ${channel}`).not.toEqual([]);
      exposures.push(...search.in(`told over ${channel}`, texts.join('\n')));
    }
    exposures.push(...search.in('runtimes and what they printed', await system.emulatorLog()));

    const [controls, leaked] = [true, false].map((control) =>
      exposures.filter(({ secretType }) => (secretType === 'control') === control),
    );
    expect(leaked).toEqual([]);
    const stores = new Set(controls?.map(({ where }) => where.split(' ')[0]));
    // The emulator prints what it delivers, next to what the functions print.
    expect(stores).toEqual(new Set(['table', 'stream', 'object', 'queue', 'log', 'metrics', 'runtimes']));
    for (const capture of ['Captured-bus', 'Captured-alerts'])
      expect(
        controls?.some(({ where }) => where.includes(capture)),
        capture,
      ).toBe(true);
  });
});
