import { beforeEach, describe, expect, test } from 'vitest';
import { createCosigner, type Cosigning } from '../../../functions/audit/domain/cosign.ts';
import { openCheckpoint } from '../../../functions/kernel/tlog/checkpoint.ts';
import { formatNote, parseNote, type NoteSignature } from '../../../functions/kernel/tlog/signed-note.ts';
import { checkpointPath } from '../../../functions/kernel/tlog/tiles.ts';
import { anEvent } from '../support/event-builder.ts';
import { buildLog, ORIGIN, sourceOf } from '../support/log-builder.ts';
import { createWitnessWorld } from '../support/witness-world.ts';

const log = buildLog([5, 300, 40]);
const fork = buildLog([5, 300, 40], { keys: log.keys, event: (at) => anEvent({ id: `other-${at}` }) });

const noteAt = (size: number, of = log) => Buffer.from(of.files.get(checkpointPath(size)) ?? []);
const checkpointAt = (size: number, of = log) => {
  const opened = openCheckpoint(noteAt(size, of), log.keys.keys);
  if (!opened.ok) throw new Error(opened.error);
  return opened.value.checkpoint;
};

let one: ReturnType<typeof createWitnessWorld>;
let two: ReturnType<typeof createWitnessWorld>;
let missed: { witness: string; why: string }[];
let asked: number;
beforeEach(() => {
  [one, two] = ['w1', 'w2'].map((name) =>
    createWitnessWorld(ORIGIN, log.keys.keys, `witness.example/${name}`),
  ) as [typeof one, typeof two];
  [missed, asked] = [[], 0];
});
const create = (more: Partial<Cosigning> = {}) =>
  createCosigner({
    witnesses: [
      { url: 'https://one', key: one.key },
      { url: 'https://two', key: two.key },
    ],
    post: (url, body) => ((asked += 1), (url === 'https://one' ? one : two).ask(body)),
    waitMs: 2_000,
    observe: (miss) => missed.push(miss),
    ...more,
  });
const cosign = (cosigner: ReturnType<typeof create>, size: number, of = log) =>
  cosigner.cosign(noteAt(size, of), checkpointAt(size, of), sourceOf(of.files));
const names = (lines: readonly NoteSignature[]) => lines.map(({ name }) => name);

describe('asking witnesses', () => {
  test('collects a line of each that makes the checkpoint one that all have signed', async () => {
    const cosigner = create();
    for (const size of [5, 305, 345]) {
      const lines = await cosign(cosigner, size);
      const note = parseNote(noteAt(size));
      if (!note.ok) throw new Error(note.error);
      const whole = Buffer.from(formatNote(note.value.text, [...note.value.signatures, ...lines]));
      const opened = openCheckpoint(whole, [...log.keys.keys, one.key, two.key]);
      expect(opened.ok && opened.value.signers.map(({ name }) => name)).toEqual([
        ORIGIN,
        ORIGIN,
        'witness.example/w1',
        'witness.example/w2',
      ]);
    }
    expect([missed, asked]).toEqual([[], 6]);
  });

  test('learns from a witness what it saw last, also after it missed some, or this process is a new one', async () => {
    await cosign(create(), 5);
    asked = 0;
    expect(await cosign(create(), 345)).toHaveLength(2);
    expect(asked).toBe(4);
    expect(await cosign(create(), 345)).toHaveLength(2);
  });

  test('goes on without a witness that is away, slow, or gives what does not hold', async () => {
    for (const post of [
      () => Promise.reject(new TypeError('away')),
      () => new Promise<never>(() => undefined),
      () => Promise.resolve({ status: 500, body: '' }),
      () => Promise.resolve({ status: 409, body: 'nonsense' }),
      async (body: Uint8Array) => ({ status: 200, body: (await two.ask(body)).body.replace('w2', 'w1') }),
      () => Promise.resolve({ status: 200, body: 'nonsense\n' }),
    ]) {
      missed = [];
      const cosigner = create({
        waitMs: 50,
        post: (url, body) => (url === 'https://one' ? post(body) : two.ask(body)),
      });
      expect(names(await cosign(cosigner, 345))).toEqual(['witness.example/w2']);
      expect(missed.map(({ witness }) => witness)).toEqual(['witness.example/w1']);
    }
  });

  test('is told by a witness that there are two histories', async () => {
    await cosign(create(), 305);
    missed = [];
    expect(await cosign(create(), 305, fork)).toEqual([]);
    expect(missed[0]?.why).toContain('another history at size 305');
    missed = [];
    expect(await cosign(create(), 345, fork)).toEqual([]);
    expect(missed[0]?.why).toContain('422');
  });

  test('has no proof for a size that was never published', async () => {
    one.memory.heads.set(ORIGIN, { size: 17, root: Buffer.alloc(32) });
    expect(names(await cosign(create(), 345))).toEqual(['witness.example/w2']);
    expect(missed[0]?.why).toContain('size 17, which was never published');
  });
});
