import { beforeAll, describe, expect, it } from 'vitest';
import { verifyInclusion } from '../../../functions/kernel/tlog/merkle.ts';
import { openLog, type OpenedLog, type Span } from '../../../functions/reports/domain/read-log.ts';
import type { LogEntry } from '../../../functions/reports/domain/log-entry.ts';
import { ORIGIN } from '../../audit/support/log-builder.ts';
import { createLogKeys } from '../../audit/support/log-keys.ts';
import { aLog, DAY, every, HOUR, JULY, type LogWorld } from '../support/log-world.ts';

const AUGUST: Span = { from: JULY + 31 * DAY, until: JULY + 62 * DAY };
const batches = Array.from({ length: 220 }, () => 10);

async function opened(world: LogWorld, span: Span): Promise<OpenedLog> {
  const log = await openLog({ source: world.source, keys: world.keys.keys }, span);
  if (!log.ok) throw new Error(log.error);
  return log.value;
}

async function passed(log: OpenedLog): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = [];
  const pass = await log.pass((entry) => entries.push(entry));
  if (!pass.ok) throw new Error(pass.error);
  return entries;
}

describe('a period of the log', () => {
  // 2,200 hours: July, August, September.
  let world: LogWorld;
  beforeAll(() => {
    world = aLog(every(HOUR, 2_200, JULY), batches);
  });

  it('is all entries that were logged in it and a day around it, in order, and few others', async () => {
    const entries = await passed(await opened(world, AUGUST));
    const seqs = entries.map(({ seq }) => seq);
    for (let seq = 31 * 24; seq < 62 * 24; seq += 1) expect(seqs).toContain(seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(seqs.length).toBeLessThanOrEqual(33 * 24 + 20);
  });

  it('is read from the bundles around it, not from the beginning of the log', async () => {
    const log = await opened(world, AUGUST);
    world.reads.length = 0;
    await passed(log);
    expect(world.reads.filter((path) => path.startsWith('tile/entries/'))).not.toContain('tile/entries/000');
    expect(world.reads.filter((path) => path.startsWith('tile/entries/'))).not.toContain('tile/entries/001');
  });

  it('stands under the first checkpoint behind it, so that the log may grow and nothing changes', async () => {
    const { head } = await opened(world, AUGUST);
    expect(head.size).toBe(1_520);
    const grown = aLog(every(HOUR, 5_000, JULY), [...batches, ...batches, 600], { keys: world.keys });
    const later = await opened(grown, AUGUST);
    expect(later.head.size).toBe(head.size);
    expect(later.head.rootHash).toBe(head.rootHash);
    expect(await passed(later)).toEqual(await passed(await opened(world, AUGUST)));
  });

  it('that the log has not come to the end of stands under the latest checkpoint', async () => {
    const { head } = await opened(world, { from: AUGUST.until, until: AUGUST.until + 60 * DAY });
    expect(head.size).toBe(2_200);
  });

  it('in which nothing was logged, before and behind the log, has no entries', async () => {
    const before = await opened(world, { from: JULY - 60 * DAY, until: JULY - 30 * DAY });
    expect(await passed(before)).toEqual([]);
    const behind = await opened(world, { from: JULY + 300 * DAY, until: JULY + 330 * DAY });
    expect(await passed(behind)).toEqual([]);
  });

  it('proves its entries against the checkpoint that it names', async () => {
    const log = await opened(world, AUGUST);
    const evidence = await log.prove([0, 255, 256, 900, log.head.size - 1]);
    if (!evidence.ok) throw new Error(evidence.error);
    const root = Buffer.from(log.head.rootHash, 'base64');
    for (const { seq, leafHash, proof } of evidence.value.values()) {
      const hashes = proof.map((hash) => Buffer.from(hash, 'hex'));
      const tree = { size: log.head.size, root };
      expect(verifyInclusion(Buffer.from(leafHash, 'hex'), seq, tree, hashes)).toBe(true);
    }
    expect(await log.prove([log.head.size])).toMatchObject({ ok: false });
  });

  it.each([1, 2, 255, 256, 257, 511, 512, 513])(
    'of a log of %d entries is read whole when it is all of it',
    async (count) => {
      const small = aLog(every(HOUR, count, JULY), [count], { keys: world.keys });
      expect(await passed(await opened(small, { from: JULY, until: JULY + 60 * DAY }))).toHaveLength(count);
    },
  );
});

describe('a log that is not to be believed', () => {
  const at = every(HOUR, 700, JULY);
  const keys = createLogKeys(ORIGIN);
  const fresh = () => aLog(at, [300, 400], { keys });
  const span = { from: JULY + 20 * DAY, until: JULY + 25 * DAY };
  const outcome = async (world: LogWorld): Promise<string> => {
    const log = await openLog({ source: world.source, keys: keys.keys }, span);
    if (!log.ok) return log.error;
    const pass = await log.value.pass(() => undefined);
    return pass.ok ? 'believed' : pass.error;
  };
  const change = (world: LogWorld, path: string, at: number) => {
    const bytes = Buffer.from(world.files.get(path) ?? []);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    world.files.set(path, bytes);
  };

  it('is what these tests change: as it is, it is believed', async () => {
    expect(await outcome(fresh())).toBe('believed');
  });

  it('for one changed byte of an entry of the period', async () => {
    const world = fresh();
    const path = 'tile/entries/002.p/188';
    const text = Buffer.from(world.files.get(path) ?? []).toString('latin1');
    change(world, path, text.indexOf('"subject":"') + 12);
    expect(await outcome(world)).toMatch(/not what its checkpoint says/);
  });

  it('for one changed byte of a tile before the period', async () => {
    const world = fresh();
    change(world, 'tile/1/000.p/2', 3);
    expect(await outcome(world)).toMatch(/not what its checkpoint says/);
  });

  it('for a bundle that is missing', async () => {
    const world = fresh();
    world.files.delete('tile/entries/002.p/188');
    expect(await outcome(world)).toMatch(/tile\/entries\/002\.p\/188 is missing/);
  });

  it('for a checkpoint that another key signed', async () => {
    const world = aLog(at, [300, 400]);
    expect(await outcome(world)).toMatch(/checkpoint/);
  });

  it('for no checkpoint at all', async () => {
    const world = fresh();
    world.files.delete('checkpoint');
    expect(await outcome(world)).toMatch(/has no checkpoint/);
  });

  it('for a kept checkpoint of another history', async () => {
    const world = fresh();
    const other = aLog(at, [300, 400], { keys, event: (index) => ({ id: `other-${index}` }) });
    const early = { from: JULY, until: JULY + DAY };
    world.files.set(
      'checkpoints/0000000000000300',
      other.files.get('checkpoints/0000000000000300') ?? Buffer.of(),
    );
    const log = await openLog({ source: world.source, keys: keys.keys }, early);
    expect(log).toMatchObject({ ok: false, error: expect.stringMatching(/two histories/) as string });
  });
});
