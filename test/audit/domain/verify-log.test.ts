import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../functions/kernel/tlog/checkpoint.ts';
import { decodeBundle, encodeBundle } from '../../../functions/kernel/tlog/tiles.ts';
import { verifyLog } from '../../../functions/audit/domain/verify-log.ts';
import { anEvent } from '../support/event-builder.ts';
import { buildLog, ORIGIN, sourceOf, type BuiltLog } from '../support/log-builder.ts';
import { createLogKeys } from '../support/log-keys.ts';

const verify = (log: Pick<BuiltLog, 'files' | 'keys'>, more = {}) =>
  verifyLog({ source: sourceOf(log.files), keys: log.keys.keys, ...more });
const changed = (log: BuiltLog, change: (files: Map<string, Uint8Array>) => void) => {
  const files = new Map(log.files);
  change(files);
  return { files, keys: log.keys };
};

/** Partial and full tiles, partial tiles of earlier sizes, two levels. */
const small = buildLog([1, 3, 40, 230, 300]);

describe('an honest log', () => {
  test.each([[[1]], [[255]], [[256]], [[257]], [[100, 156]], [[1, 1, 1]], [[3, 253, 256, 512, 7]]])(
    'of batches %j is accepted',
    async (batches) => {
      const log = buildLog(batches);
      const size = batches.reduce((sum, each) => sum + each, 0);
      const { problems, entries, checkpoints, checkpoint } = await verify(log);
      expect(problems).toEqual([]);
      expect(entries).toBe(size);
      expect(checkpoints).toBe(batches.length + 1);
      expect(checkpoint?.checkpoint).toMatchObject({ size, origin: ORIGIN });
    },
  );

  test('whose old partial tiles were deleted is accepted', async () => {
    const pruned = changed(small, (files) => {
      for (const path of files.keys())
        if (path.includes('.p/') && !/\.p\/(62|2)$/.test(path)) files.delete(path);
    });
    expect(pruned.files.size).toBeLessThan(small.files.size - 4);
    expect((await verify(pruned)).problems).toEqual([]);
  });

  test('that grows while it is read is accepted', async () => {
    const before = buildLog([300]);
    const after = buildLog([300, 300], { keys: before.keys });
    let reads = 0;
    const source = {
      ...sourceOf(after.files),
      read: async (path: string) =>
        path === 'checkpoint' && reads++ === 0 ? before.files.get(path) : after.files.get(path),
    };
    expect((await verifyLog({ source, keys: before.keys.keys })).problems).toEqual([]);
  });

  test('tells how far it is, and shows every entry', async () => {
    const steps: number[] = [];
    const ids: string[] = [];
    await verify(small, {
      progress: (entries: number) => steps.push(entries),
      visit: ({ id }: { id: string }) => ids.push(id),
    });
    expect(steps).toEqual([256, 512, 574]);
    expect(ids).toEqual(Array.from({ length: 574 }, (_, at) => `event-${at}`));
  });
});

describe('a log that was tampered with', () => {
  test('in any one byte, anywhere, is refused', { timeout: 60_000 }, async () => {
    const log = buildLog([2, 1]);
    for (const [path, bytes] of log.files) {
      for (let at = 0; at < bytes.length; at += path.includes('entries') ? 5 : 1) {
        const tampered = changed(log, (files) => {
          const copy = Buffer.from(bytes);
          copy[at] = (copy[at] ?? 0) ^ 0x01;
          files.set(path, copy);
        });
        expect((await verify(tampered)).problemCount, `byte ${at} of ${path}`).toBeGreaterThan(0);
      }
    }
  });

  test('in a byte of any object of a larger one is refused', async () => {
    const paths = [...small.files.keys()].filter((path) => !path.startsWith('checkpoint'));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (path, seed, flip) => {
          const tampered = changed(small, (files) => {
            const copy = Buffer.from(files.get(path) ?? []);
            copy[seed % copy.length] = (copy[seed % copy.length] ?? 0) ^ flip;
            files.set(path, copy);
          });
          expect((await verify(tampered)).problemCount).toBeGreaterThan(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('by a missing object is refused, whichever it is, if it is needed', async () => {
    const needed = [...small.files.keys()].filter(
      (path) => !path.includes('.p/') || /\.p\/(62|2)$/.test(path),
    );
    for (const path of needed.filter((each) => !each.startsWith('checkpoints/'))) {
      const { problems } = await verify(changed(small, (files) => files.delete(path)));
      expect(problems.map(({ where }) => where)).toContain(path);
    }
  });

  const rewritten = (change: (entries: Uint8Array[]) => void) =>
    changed(small, (files) => {
      const path = 'tile/entries/001';
      const read = decodeBundle(files.get(path) ?? Buffer.alloc(0));
      const entries = read.ok ? [...read.value] : [];
      change(entries);
      files.set(path, encodeBundle(entries));
    });

  test.each([
    ['dropped', (entries: Uint8Array[]) => entries.splice(9, 1)],
    ['inserted', (entries: Uint8Array[]) => entries.splice(9, 0, Buffer.from('{}'))],
    ['appended', (entries: Uint8Array[]) => entries.push(Buffer.from('{}'))],
    [
      'swapped',
      (entries: Uint8Array[]) =>
        entries.splice(9, 2, entries[10] ?? Buffer.alloc(0), entries[9] ?? Buffer.alloc(0)),
    ],
    ['doubled', (entries: Uint8Array[]) => entries.splice(9, 1, entries[8] ?? Buffer.alloc(0))],
    ['emptied', (entries: Uint8Array[]) => entries.splice(0)],
  ])('by an entry %s is refused', async (_, change) => {
    expect((await verify(rewritten(change))).problemCount).toBeGreaterThan(0);
  });

  test('what was appended to a partial object is noticed', async () => {
    for (const path of ['tile/entries/002.p/62', 'tile/0/002.p/62', 'tile/1/000.p/2'])
      expect(
        (
          await verify(
            changed(small, (files) =>
              files.set(path, Buffer.concat([files.get(path) ?? Buffer.alloc(0), Buffer.alloc(32)])),
            ),
          )
        ).problems.map(({ where }) => where),
      ).toContain(path);
  });

  test('an object that is none of the log is named', async () => {
    const { problems } = await verify(changed(small, (files) => files.set('tile/0/1', Buffer.alloc(0))));
    expect(problems).toEqual([{ where: 'tile/0/1', what: 'is nothing that belongs to the log' }]);
  });

  test('a rewritten history under the same keys contradicts what was published and what was seen', async () => {
    const other = buildLog([1, 3, 40, 230, 300], {
      keys: small.keys,
      event: (at) => anEvent({ id: `other-${at}` }),
    });
    const fork = new Map(other.files);
    const kept = small.files.get('checkpoints/0000000000000044') ?? Buffer.alloc(0);
    fork.set('checkpoints/0000000000000044', kept);
    expect((await verify({ files: fork, keys: small.keys })).problems).toEqual([
      {
        where: 'checkpoints/0000000000000044',
        what: 'has another root than the entries up to it: the log has two histories',
      },
    ]);
    const seen = openCheckpoint(kept, small.keys.keys);
    const forked = await verify(other, { seen: seen.ok ? [seen.value.checkpoint] : [] });
    expect(forked.problemCount).toBe(1);
    expect((await verify(small, { seen: seen.ok ? [seen.value.checkpoint] : [] })).problems).toEqual([]);
  });

  test('a log that was rolled back contradicts what is kept, and what was seen', async () => {
    const older = buildLog([1, 3, 40], { keys: small.keys });
    const back = changed(small, (files) =>
      files.set('checkpoint', older.files.get('checkpoint') ?? Buffer.alloc(0)),
    );
    expect((await verify(back)).problems.map(({ what }) => what)).toEqual([
      expect.stringContaining('rolled back'),
    ]);
    const seen = openCheckpoint(small.files.get('checkpoint') ?? Buffer.alloc(0), small.keys.keys);
    const all = await verify(older, { seen: seen.ok ? [seen.value.checkpoint] : [] });
    expect(all.problems.map(({ what }) => what)).toEqual([
      expect.stringContaining('when it was seen before'),
    ]);
  });

  test('keys of somebody else sign nothing', async () => {
    const { problems, checkpoint } = await verify({ files: small.files, keys: createLogKeys(ORIGIN) });
    expect(checkpoint).toBeUndefined();
    expect(problems).toEqual([{ where: 'checkpoint', what: 'no key that was given has signed it' }]);
  });

  test('an unreadable bundle does not keep the rest from being verified', async () => {
    const { problems, entries } = await verify(
      changed(small, (files) => {
        files.delete('tile/entries/000');
        files.set('tile/entries/002.p/62', Buffer.from('no bundle'));
      }),
    );
    expect(problems.map(({ where }) => where)).toEqual(['tile/entries/000', 'tile/entries/002.p/62']);
    expect(entries).toBe(256);
  });
});
