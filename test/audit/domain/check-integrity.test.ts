import { expect, test } from 'vitest';
import type { Checkpoint } from '../../../functions/kernel/tlog/checkpoint.ts';
import { checkIntegrity, type Deviation } from '../../../functions/audit/domain/check-integrity.ts';
import type { LogSource } from '../../../functions/kernel/tlog/log-source.ts';
import { buildLog, ORIGIN, sourceOf, type BuiltLog } from '../support/log-builder.ts';
import { createLogKeys } from '../support/log-keys.ts';

/** A check that remembers, over whatever the log is at the time. */
function createCheck(log: Pick<BuiltLog, 'keys'>) {
  const deviations: Deviation[] = [];
  let remembered: Checkpoint | undefined;
  return {
    deviations,
    remembered: () => remembered?.size,
    check: (source: LogSource, scope: 'all' | 'new' = 'new', whileWaiting = () => undefined) =>
      checkIntegrity(scope, {
        source,
        keys: log.keys.keys,
        seen: { read: async () => remembered, write: async (checkpoint) => void (remembered = checkpoint) },
        announce: async (deviation) => void deviations.push(deviation),
        clock: { now: () => Date.UTC(2026, 10, 21) },
        wait: async () => whileWaiting(),
      }),
  };
}

test('a log that nothing was written to is no deviation, and one that is gone is', async () => {
  const log = buildLog([300]);
  const { check, deviations } = createCheck(log);
  expect(await check(sourceOf(new Map()))).toMatchObject({ problemCount: 0 });
  await check(sourceOf(log.files));
  expect(deviations).toEqual([]);
  expect((await check(sourceOf(new Map()))).problemCount).toBeGreaterThan(0);
  expect(deviations).toHaveLength(1);
});

test('a log that grew is verified and remembered; one that was set back is told of, the same way each time', async () => {
  const keys = createLogKeys(ORIGIN);
  const [shorter, longer] = [buildLog([300], { keys }), buildLog([300, 40], { keys })];
  const { check, deviations, remembered } = createCheck(shorter);
  await check(sourceOf(shorter.files));
  await check(sourceOf(longer.files));
  expect([deviations, remembered()]).toEqual([[], 340]);
  await check(sourceOf(shorter.files));
  await check(sourceOf(shorter.files), 'all');
  expect(deviations.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/^checkpoint: says size 300/),
    expect.stringMatching(/^checkpoint: says size 300/),
  ]);
  expect(new Set(deviations.map(({ eventId }) => eventId)).size).toBe(1);
  expect(remembered()).toBe(340);
});

test('what is half written by a batch is looked at again before anybody is told', async () => {
  const keys = createLogKeys(ORIGIN);
  const [before, after] = [buildLog([300], { keys }), buildLog([300, 40], { keys })];
  // The next checkpoint is kept already, and not shown yet.
  const files = new Map([...after.files, ['checkpoint', before.files.get('checkpoint') ?? Buffer.alloc(0)]]);
  const { check, deviations, remembered } = createCheck(before);
  await check(
    sourceOf(files),
    'new',
    () => void files.set('checkpoint', after.files.get('checkpoint') ?? Buffer.alloc(0)),
  );
  expect([deviations, remembered()]).toEqual([[], 340]);
});

test('old kept checkpoints and partial objects are read again only when all is asked for; entries and tiles always', async () => {
  const keys = createLogKeys(ORIGIN);
  const log = buildLog([100, 50, 300, 20], { keys });
  const flip = (path: string) => {
    const files = new Map(log.files);
    const bytes = Buffer.from(files.get(path) ?? Buffer.alloc(0));
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
    files.set(path, bytes);
    return sourceOf(files);
  };
  for (const [path, found] of [
    ['checkpoints/0000000000000150', ['all']],
    ['tile/entries/000.p/150', ['all']],
    ['tile/0/000', ['all', 'new']],
    ['tile/entries/000', ['all', 'new']],
  ] as const) {
    const { check } = createCheck(log);
    await check(sourceOf(log.files));
    const by: string[] = [];
    for (const scope of ['all', 'new'] as const)
      if ((await check(flip(path), scope)).problemCount > 0) by.push(scope);
    expect(by, path).toEqual(found);
  }
});
