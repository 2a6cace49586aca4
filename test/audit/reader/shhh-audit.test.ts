import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDirectorySource } from '../../../functions/platform/directory-log-source.ts';
import { besidePath } from '../../../functions/audit/domain/beside-path.ts';
import { commitmentOf, sealContent } from '../../../functions/audit/domain/commitment.ts';
import { parseCommand } from '../../../functions/audit/reader/arguments.ts';
import { run } from '../../../functions/audit/reader/read-log.ts';
import { anEvent } from '../support/event-builder.ts';
import { buildLog, ORIGIN } from '../support/log-builder.ts';
import { createLogKeys } from '../support/log-keys.ts';
import { writeLog } from '../support/write-log.ts';

const log = buildLog([3, 300, 20]);
let below: string;
let directory: string;
let keys: string;

beforeAll(async () => {
  below = await mkdtemp(path.join(tmpdir(), 'shhh-audit-'));
  ({ directory, keys } = await writeLog(log, below));
});
afterAll(() => rm(below, { recursive: true, force: true }));

/** What the command answers, in this process. */
async function shhhAudit(...args: string[]) {
  const command = parseCommand(args);
  if (!command.ok) return { code: 2, out: '', said: [command.error] };
  let out = '';
  const said: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      out += chunk.toString();
      done();
    },
  });
  let time = 0;
  const reader = {
    open: createDirectorySource,
    out: sink,
    say: (line: string) => said.push(line),
    now: () => (time += 1_500),
    clock: { now: () => Date.UTC(2026, 10, 21) },
  };
  return { code: await run(command.value, reader), out, said };
}
const withKeys = (...args: string[]) => shhhAudit(...args, '--key', keys);
const json = (text: string) => JSON.parse(text) as Record<string, unknown>;

describe('verify', () => {
  test('says that an honest log holds, and what it is', async () => {
    const { code, out } = await withKeys('verify', directory);
    expect(out).toMatch(/^✓ the log holds: 323 entries, 3 tiles, 4 checkpoints/);
    expect(out).toContain(`origin    ${ORIGIN}`);
    expect(code).toBe(0);
  });

  test('answers as JSON, with progress beside it', async () => {
    const { code, out, said } = await withKeys('verify', directory, '--json', '--progress');
    expect(json(out)).toMatchObject({ holds: true, size: 323, verified: { entries: 323 }, problems: [] });
    expect(said.join()).toContain('of 323 entries');
    expect(code).toBe(0);
  });

  test('says what is wrong and where, and exits with 1', async () => {
    const file = path.join(directory, 'tile/entries/000');
    const honest = await readFile(file);
    const changed = Buffer.from(honest);
    changed[1000] = (changed[1000] ?? 0) ^ 1;
    await writeFile(file, changed);
    try {
      const { code, out } = await withKeys('verify', directory);
      expect(out).toMatch(/✗ entry 2 /);
      expect(out).toContain('✗ the log does not hold');
      expect(code).toBe(1);
      expect((await withKeys('export', directory)).code).toBe(1);
      expect((await withKeys('get', directory, '2')).code).toBe(1);
    } finally {
      await writeFile(file, honest);
    }
  });

  test('holds it against a checkpoint that was seen before', async () => {
    const other = buildLog([3, 300], { keys: log.keys, event: undefined });
    const seen = path.join(below, 'seen');
    await writeFile(seen, other.files.get('checkpoint') ?? '');
    expect((await withKeys('verify', directory, '--seen', seen)).code).toBe(0);
    const longer = buildLog([400], { keys: log.keys });
    await writeFile(seen, longer.files.get('checkpoint') ?? '');
    const { code, out } = await withKeys('verify', directory, '--seen', seen);
    expect(out).toContain('when it was seen before');
    expect(code).toBe(1);
  });

  test('refuses the keys of somebody else with 1, and no keys or no log with 2', async () => {
    const [foreign] = createLogKeys(ORIGIN).keys;
    expect((await shhhAudit('verify', directory, '--key', foreign.vkey)).code).toBe(1);
    expect((await shhhAudit('verify', directory)).code).toBe(2);
    expect((await shhhAudit('verify', directory, '--key', 'nonsense')).said[0]).toContain('is no public key');
    await expect(withKeys('verify', path.join(below, 'nowhere'))).rejects.toThrow('ENOENT');
  });
});

describe('get, prove and info', () => {
  test('hand out an entry whose proof holds', async () => {
    const { code, out } = await withKeys('get', directory, '300');
    expect(json(out)).toMatchObject({ seq: 300, id: 'event-300' });
    expect(code).toBe(0);
    expect((await withKeys('get', directory, '323')).said[0]).toContain('the log has 323 entries');
  });

  test('a proof verifies without the log, and for no other entry', async () => {
    const out = path.join(below, 'proofs');
    expect((await withKeys('prove', directory, '17', '--out', out)).code).toBe(0);
    const [proof, entry] = [path.join(out, '17.tlog-proof'), path.join(out, '17.json')];
    expect(await readFile(proof, 'utf8')).toMatch(/^c2sp\.org\/tlog-proof@v1\nindex 17\n(\S{44}\n){9}\nshhh/);
    expect((await withKeys('verify', proof, '--entry', entry)).out).toContain('it is entry 17 of');
    await copyFile(entry, `${entry}.changed`);
    await writeFile(`${entry}.changed`, (await readFile(entry, 'utf8')).replace('agent', 'agens'));
    const changed = await withKeys('verify', proof, '--entry', `${entry}.changed`, '--json');
    expect(json(changed.out)).toMatchObject({ holds: false });
    expect(changed.code).toBe(1);
  });

  test('info says what the checkpoint says', async () => {
    expect(json((await withKeys('info', directory, '--json')).out)).toMatchObject({
      origin: ORIGIN,
      size: 323,
      signers: [{ kind: 'ed25519' }, { kind: 'ecdsa' }],
    });
  });
});

describe('export', () => {
  test('of some entries proves itself, without the log', async () => {
    const file = path.join(below, 'export.jsonl');
    const { code, said } = await withKeys('export', directory, '--subject', 'agent-3', '--out', file);
    expect(said).toEqual(['46 entries of 323, at size 323.']);
    expect(code).toBe(0);
    expect((await withKeys('verify', file)).out).toContain('every one of 46 entries is in');
    const [head = '', ...lines] = (await readFile(file, 'utf8')).trimEnd().split('\n');
    for (const tampered of [
      [head, ...lines.map((line, at) => (at === 5 ? line.replace('HIGH', 'LOWW') : line))],
      [head, ...lines.map((line, at) => (at === 5 ? line.replace(/"index":\d+/, '"index":1') : line))],
      [head.replace(/\\n323\\n/, '\\n322\\n'), ...lines],
      [...lines],
      [''],
    ]) {
      await writeFile(file, tampered.join('\n'));
      expect((await withKeys('verify', file)).code).toBe(1);
    }
  });

  test('takes entries by time, type, actor and id', async () => {
    const of = async (...args: string[]) => (await withKeys('export', directory, ...args)).said[0];
    expect(await of('--from', '2026-01-01T01:00:00Z', '--to', '2026-01-01T02:00:00Z')).toMatch(/^60 entries/);
    expect(await of('--type', 'finding', '--actor', 'detector')).toMatch(/^323 entries/);
    expect(await of('--type', 'review')).toMatch(/^0 entries/);
    expect(await of('--id', 'event-5')).toMatch(/^1 entries/);
  });
});

test('summary counts by type, actor and day', async () => {
  const { out } = await withKeys('summary', directory, '--json', '--from', '2026-01-01T01:00:00Z');
  expect(json(out)).toMatchObject({
    ...{ holds: true, entries: 263, first: '2026-01-01T01:00:00.000Z', last: '2026-01-01T05:22:00.000Z' },
    ...{ byType: { finding: 263 }, byActor: { detector: 263 }, byDay: { '2026-01-01': 263 } },
  });
  expect((await withKeys('summary', directory)).out).toContain('323 entries, from');
});

test.each([
  [['verify'], 'of which log?'],
  [['get', 'x', '--key', 'k'], 'which entry?'],
  [['get', 'x', '-1', '--key', 'k'], 'Unknown option'],
  [['frob', 'x', '--key', 'k'], 'no command'],
  [['verify', 'x', 'y', '--key', 'k'], 'no more'],
  [['export', 'x', '--key', 'k', '--from', 'yesterday'], 'is no time'],
])('%j is answered with what to do', async (args, message) => {
  const { code, said } = await shhhAudit(...args);
  expect(said.join()).toContain(message);
  expect(code).toBe(2);
});

test('the command itself reads a directory, and tells by its exit code', async () => {
  const command = path.resolve('functions/audit/reader/shhh-audit.ts');
  const exec = (...args: string[]) =>
    new Promise<{ code: number; stdout: string }>((resolve) => {
      execFile(process.execPath, [command, ...args], (error, stdout) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout }),
      );
    });
  expect((await exec('--help')).stdout).toContain('Exit codes');
  expect(await exec('info', directory, '--key', keys)).toMatchObject({ code: 0 });
  expect(await exec('info', directory, '--key', createLogKeys('other').keys[0].vkey)).toMatchObject({
    code: 1,
  });
  expect(await exec('info', path.join(below, 'nowhere'), '--key', keys)).toMatchObject({ code: 2 });
});

test('summary counts by period, outcome, subject and tag, and takes what a tag selects', async () => {
  const tagged = buildLog([60], {
    event: (at) => ({
      ...anEvent({ id: `act-${at}`, time: new Date(Date.UTC(2026, 0, 1) + at * 3_600_000).toISOString() }),
      type: 'administrative.access',
      subject: `s-${at % 2}`,
      data: { outcome: at % 3 === 0 ? 'denied' : 'allowed' },
      ...(at % 2 === 0 && { tags: ['pci-dss:10.2.1.2'] }),
    }),
  });
  const other = await writeLog(tagged, path.join(below, 'tagged'));
  const ask = async (...args: string[]) =>
    json((await shhhAudit('summary', other.directory, '--json', '--key', other.keys, ...args)).out);
  expect(await ask('--period', 'month')).toMatchObject({
    byOutcome: { 'administrative.access denied': 20, 'administrative.access allowed': 40 },
    bySubject: { 's-0': 30, 's-1': 30 },
    byTag: { 'pci-dss:10.2.1.2': 30 },
    byMonth: { '2026-01': 60 },
  });
  expect(
    await ask('--tag', 'pci-dss:10.2.1.2', '--period', 'hour', '--to', '2026-01-01T03:00:00Z'),
  ).toMatchObject({
    entries: 2,
    byHour: { '2026-01-01T00': 1, '2026-01-01T02': 1 },
  });
  expect(
    (await shhhAudit('summary', other.directory, '--key', other.keys, '--period', 'week')).said[0],
  ).toContain('--period is one of');
});

test('verify tells what expired beside the log from what is missing', async () => {
  const [salt, content] = [Buffer.alloc(32, 7), Buffer.from('what was said')];
  const sha256 = commitmentOf(salt, content);
  const commitment = (expires_at: string) => ({ sha256, bytes: content.length, expires_at });
  const [future, past] = ['2026-12-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z'];
  const committed = buildLog([1], {
    event: () => ({ ...anEvent(), commitments: { now: commitment(future), then: commitment(past) } }),
  });
  const other = await writeLog(committed, path.join(below, 'committed'));
  const beside = path.join(below, 'beside-copy');
  const verify = () =>
    shhhAudit('verify', other.directory, '--key', other.keys, '--beside', beside, '--json');
  expect(json((await verify()).out)).toMatchObject({ holds: false, beside: { held: 0, expired: 1 } });
  const file = path.join(beside, besidePath(sha256, future));
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, sealContent(salt, content));
  const { code, out } = await verify();
  expect(json(out)).toMatchObject({ holds: true, beside: { held: 1, expired: 1, overdue: 0 } });
  expect(code).toBe(0);
});
