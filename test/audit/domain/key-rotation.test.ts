import { describe, expect, test } from 'vitest';
import { checkpointText, openCheckpoint } from '../../../functions/audit/domain/checkpoint.ts';
import { sequenceOnce } from '../../../functions/audit/domain/sequence.ts';
import { formatNote, parseKeyLine } from '../../../functions/audit/domain/signed-note.ts';
import { submit } from '../support/submit.ts';
import { CHECKPOINT_PATH } from '../../../functions/audit/domain/tiles.ts';
import { verifyLog } from '../../../functions/audit/domain/verify-log.ts';
import { anEvent } from '../support/event-builder.ts';
import { createFakeLog, createFakeOutbox, createFakeSequence } from '../support/fake-audit.ts';
import { ORIGIN } from '../support/log-builder.ts';
import { createLogKeys } from '../support/log-keys.ts';

const [old, next] = [createLogKeys(ORIGIN), createLogKeys(ORIGIN)];
/** Keys as a reader writes them down. */
const lines = (...of: readonly (readonly [typeof old, string])[]) =>
  of.flatMap(([{ keys }, range]) =>
    keys.map(({ vkey }) => {
      const key = parseKeyLine(`${vkey} ${range}`);
      if (!key.ok) throw new Error(key.error);
      return key.value;
    }),
  );

/** Ten entries under the old keys, ten under both, ten under the new ones. */
async function createRotated() {
  const log = createFakeLog();
  const world = {
    origin: ORIGIN,
    outbox: createFakeOutbox(),
    sequence: createFakeSequence(),
    log,
    clock: { now: () => Date.UTC(2026, 10, 21) },
  };
  for (const [round, pairs] of [[old], [old, next], [next]].entries()) {
    for (let at = 0; at < 10; at += 1) await submit(anEvent({ id: `act-${round}-${at}` }), world.outbox);
    const signer = {
      keys: pairs.flatMap(({ keys }) => [...keys]),
      sign: async (text: string) => pairs.flatMap((pair) => pair.signText(text)),
    };
    expect(await sequenceOnce({ ...world, signer })).toMatchObject({ did: 'published', entries: 10 });
  }
  return log;
}

describe('a log that has changed its keys', () => {
  test('verifies from its first entry to its last under both pairs, each for its sizes', async () => {
    const log = await createRotated();
    const keys = lines([old, '0..20'], [next, '20..']);
    const found = await verifyLog({ source: log.source, keys });
    expect(found).toMatchObject({ entries: 30, checkpoints: 4, problems: [] });
  });

  test('does not verify under either pair alone: a reader has to know of the change', async () => {
    const log = await createRotated();
    for (const { keys } of [old, next])
      expect((await verifyLog({ source: log.source, keys })).problemCount).toBeGreaterThan(0);
  });

  test('lacks a signature where a pair signed less than it should have', async () => {
    const log = await createRotated();
    const early = await verifyLog({ source: log.source, keys: lines([old, '0..20'], [next, '10..']) });
    expect(early.problems.map(({ where }) => where)).toEqual(Array(2).fill('checkpoints/0000000000000010'));
    const late = await verifyLog({ source: log.source, keys: lines([old, '0..'], [next, '20..']) });
    expect(late.problems.map(({ where }) => where).sort()).toEqual([
      ...Array<string>(2).fill(CHECKPOINT_PATH),
      ...Array<string>(2).fill('checkpoints/0000000000000030'),
    ]);
  });

  test('is not what a retired key signs, though its signature holds', async () => {
    const text = checkpointText({ origin: ORIGIN, size: 25, root: Buffer.alloc(32, 1) });
    const forged = Buffer.from(formatNote(text, old.signText(text)));
    expect(openCheckpoint(forged, old.keys).ok).toBe(true);
    expect(openCheckpoint(forged, lines([old, '0..20'], [next, '20..']))).toMatchObject({
      ok: false,
      error: expect.stringContaining('with a key of that size') as unknown,
    });
  });

  test.each(['20..10', '..10', 'ten', '1..2 3'])('has no key with sizes %s', (range) => {
    expect(parseKeyLine(`${old.keys[0].vkey} ${range}`)).toMatchObject({
      ok: false,
      error: expect.stringContaining('0..51200') as unknown,
    });
  });
});
