import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../functions/audit/domain/checkpoint.ts';
import { createCosigner } from '../../../functions/audit/domain/cosign.ts';
import { createProver } from '../../../functions/audit/domain/prove.ts';
import {
  BATCH_ENTRIES,
  HistoryConflict,
  sequenceOnce,
  type Sequencer,
} from '../../../functions/audit/domain/sequence.ts';
import { submit } from '../support/submit.ts';
import { verifyLog } from '../../../functions/audit/domain/verify-log.ts';
import { hooked, Killed, STEPS } from '../support/crash.ts';
import { anEvent } from '../support/event-builder.ts';
import { createFakeLog, createFakeOutbox, createFakeSequence } from '../support/fake-audit.ts';
import { buildLog, ORIGIN } from '../support/log-builder.ts';
import { createLogKeys } from '../support/log-keys.ts';
import { createWitnessWorld } from '../support/witness-world.ts';

const keys = createLogKeys(ORIGIN);

function createWorld() {
  const witness = createWitnessWorld(ORIGIN, keys.keys);
  const [announced, missed]: [string[], string[]] = [[], []];
  let time = Date.UTC(2026, 10, 21);
  const sequencer = {
    origin: ORIGIN,
    outbox: createFakeOutbox(),
    sequence: createFakeSequence(),
    log: createFakeLog(),
    signer: { keys: keys.keys, sign: async (text: string) => keys.signText(text) },
    clock: { now: () => (time += 1_000) },
    cosigner: createCosigner({
      witnesses: [{ url: 'https://witness.example', key: witness.key }],
      post: (_, body) => witness.ask(body),
      waitMs: 5_000,
      observe: ({ why }) => missed.push(why),
    }),
    announcer: { announce: async (entries) => void announced.push(...entries.map(({ id }) => id)) },
  } satisfies Sequencer;
  return { ...sequencer, announced, missed, witness };
}

type World = ReturnType<typeof createWorld>;
const handIn = (world: World, from: number, count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, at) => submit(anEvent({ id: `act-${from + at}` }), world.outbox)),
  );

/** Runs until nothing waits, as the schedule does in life. */
async function drain(world: Sequencer): Promise<void> {
  for (let idle = 0; idle < 2;) idle = (await sequenceOnce(world)).did === 'nothing' ? idle + 1 : 0;
}

/** One history: every act once, everything verified, and every checkpoint that was ever shown is a beginning of it. */
async function expectOneHistory(world: World, ids: readonly string[]): Promise<void> {
  const seen: string[] = [];
  const found = await verifyLog({
    source: world.log.source,
    keys: keys.keys,
    visit: ({ id }) => seen.push(id),
  });
  expect(found.problems).toEqual([]);
  expect(seen.toSorted()).toEqual([...ids].sort());
  expect(new Map(seen.map((id, seq) => [id, seq]))).toEqual(world.outbox.seqs);
  // Told at least once.
  expect([...new Set(world.announced)].sort()).toEqual([...ids].sort());
  const last = found.checkpoint?.checkpoint;
  if (last === undefined) throw new Error('there is no checkpoint');
  const prover = createProver(world.log.source, last);
  let size = -1;
  for (const note of world.log.shown) {
    const opened = openCheckpoint(note, keys.keys);
    if (!opened.ok) throw new Error(opened.error);
    expect((await prover.consistency(opened.value.checkpoint)).ok).toBe(true);
    expect(opened.value.checkpoint.size).toBeGreaterThan(size);
    size = opened.value.checkpoint.size;
  }
}

let world: World;
beforeEach(() => {
  world = createWorld();
});
const ids = (count: number) => Array.from({ length: count }, (_, at) => `act-${at}`);

describe('the sequencer', () => {
  test('takes what waits into the log, and tells where each act stands', async () => {
    await handIn(world, 0, 300);
    expect(await sequenceOnce(world)).toEqual({ did: 'published', entries: 300, size: 300, refused: 0 });
    await handIn(world, 300, 5);
    expect(await sequenceOnce(world)).toMatchObject({ entries: 5, size: 305 });
    expect(await sequenceOnce(world)).toEqual({ did: 'nothing', refused: 0 });
    await expectOneHistory(world, ids(305));
    expect(world.outbox.seqs.get('act-302')).toBe(302);
  });

  test('leaves what is more than its bytes to the next one, and takes one that is larger by itself', async () => {
    await handIn(world, 0, 5);
    const bytes = JSON.stringify(anEvent({ id: 'act-0' })).length;
    const limits = { entries: 4, bytes: 2 * bytes };
    expect(await sequenceOnce({ ...world, limits })).toMatchObject({ entries: 2, size: 2 });
    expect(await sequenceOnce({ ...world, limits: { entries: 4, bytes: 1 } })).toMatchObject({ entries: 1 });
    expect(await sequenceOnce({ ...world, limits: { entries: 1, bytes: 9999 } })).toMatchObject({
      entries: 1,
    });
    await drain(world);
    await expectOneHistory(world, ids(5));
  });

  test('shows checkpoints with the cosignature of its witness, whose signature readers can ask for', async () => {
    await handIn(world, 0, 300);
    await drain(world);
    await handIn(world, 300, 7);
    await drain(world);
    expect(world.missed).toEqual([]);
    const withWitness = [...keys.keys, world.witness.key];
    for (const note of world.log.shown) {
      const opened = openCheckpoint(note, withWitness);
      expect(opened.ok && opened.value.signers).toEqual(withWitness);
    }
  });

  test('takes an act that is handed in again only once, also when it is in the log', async () => {
    expect(await submit(anEvent({ id: 'act-0' }), world.outbox)).toEqual({ ok: true, value: 'taken' });
    expect(await submit(anEvent({ id: 'act-0' }), world.outbox)).toEqual({ ok: true, value: 'known' });
    await drain(world);
    expect(await submit(anEvent({ id: 'act-0' }), world.outbox)).toEqual({ ok: true, value: 'known' });
    await drain(world);
    await expectOneHistory(world, ['act-0']);
  });

  test('leaves what is more than a batch to the next one', async () => {
    await handIn(world, 0, BATCH_ENTRIES + 10);
    expect(await sequenceOnce(world)).toMatchObject({ entries: BATCH_ENTRIES });
    expect(await sequenceOnce(world)).toMatchObject({ entries: 10 });
    await expectOneHistory(world, ids(BATCH_ENTRIES + 10));
  });

  test('sets aside what can be no entry, and what is behind it does not wait', async () => {
    await world.outbox.put(anEvent({ id: 'poison', data: { text: '\ud800' } }));
    await handIn(world, 0, 2);
    expect(await sequenceOnce(world)).toMatchObject({ did: 'published', entries: 2, refused: 1 });
    expect(world.outbox.refused.get('poison')).toContain('no one way');
    await expectOneHistory(world, ids(2));
  });

  test('refuses at the door what is no event, without a word of it', async () => {
    const answer = await submit({ ...anEvent(), type: 'gossip', actor: '' }, world.outbox);
    expect(answer).toEqual({ ok: false, error: 'type: invalid_value; actor: too_small' });
    expect(await submit(anEvent({ data: { text: 'x'.repeat(70_000) } }), world.outbox)).toMatchObject({
      ok: false,
    });
  });
});

describe('killed at any step', () => {
  test('has a hook for every step', async () => {
    const steps = new Set<string>();
    await handIn(world, 0, 3);
    await drain(hooked(world, (step, act) => (steps.add(step), act())));
    await handIn(world, 3, 3);
    await drain(hooked(world, (step, act) => (steps.add(step), act())));
    expect([...steps].sort()).toEqual([...STEPS].sort());
  });

  test.each(
    STEPS.flatMap(
      (step) =>
        [
          [step, 'before'],
          [step, 'after'],
        ] as const,
    ),
  )('%s, %s it: the next run finishes, and nothing is lost or doubled', async (victim, when) => {
    await handIn(world, 0, 10);
    await drain(world);
    await handIn(world, 10, 260);
    let killed = 0;
    // Several steps happen more than once in a run: each occurrence once.
    for (let occurrence = 0; occurrence < 12; occurrence += 1) {
      let count = 0;
      const dying = hooked(world, async (step, act) => {
        const dies = step === victim && count++ === occurrence;
        if (dies && when === 'before') throw new Killed();
        const value = await act();
        if (dies) throw new Killed();
        return value;
      });
      await sequenceOnce(dying).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
        killed += 1;
      });
    }
    expect(killed).toBeGreaterThan(0);
    await drain(world);
    await expectOneHistory(world, ids(270));
  });

  test(
    'two at once, killed again and again at random, under load: one history',
    { timeout: 60_000 },
    async () => {
      let kills = 0;
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), fc.nat(), async (scheduler, seed) => {
          let state = seed % 2 ** 31;
          // Numerical Recipes' generator: the schedule is fast-check's, the deaths are drawn from its seed.
          const roll = () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) >>> 24;
          const shared = createWorld();
          let handedIn = 0;
          const process = async () => {
            for (let run = 0; run < 8; run += 1) {
              const mortal = hooked(shared, async (step, act) => {
                const die = roll() % 41;
                if (die === 0) throw new Killed();
                // The other one may do anything between any two steps of this one.
                const value = await scheduler.schedule(Promise.resolve(), step).then(act);
                if (die === 1) throw new Killed();
                return value;
              });
              await sequenceOnce(mortal).catch((error: unknown) => {
                if (!(error instanceof Killed)) throw error;
                kills += 1;
              });
            }
          };
          const producer = async () => {
            for (let act = 0; act < 6; act += 1) {
              await scheduler.schedule(Promise.resolve(), 'act');
              await handIn(shared, handedIn, 50);
              handedIn += 50;
            }
          };
          const all = Promise.all([process(), process(), producer()]);
          await scheduler.waitFor(all);
          await drain(shared);
          await expectOneHistory(shared, ids(handedIn));
        }),
        { numRuns: 60 },
      );
      expect(kills).toBeGreaterThan(300);
    },
  );

  test('one that slept through several batches disturbs nothing', async () => {
    await handIn(world, 0, 5);
    let wake: () => void = () => undefined;
    const asleep = new Promise<void>((resolve) => (wake = resolve));
    const late = sequenceOnce(
      hooked(world, async (step, act) => {
        if (step === 'signer.sign') await asleep;
        return act();
      }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    await drain(world);
    await handIn(world, 5, 300);
    await drain(world);
    wake();
    expect(await late).toEqual({ did: 'overtaken', refused: 0 });
    await expectOneHistory(world, ids(305));
  });
});

describe('a world that was tampered with', () => {
  const grown = async () => {
    await handIn(world, 0, 10);
    await drain(world);
    const before = world.sequence.now;
    await handIn(world, 10, 10);
    await drain(world);
    return before;
  };

  test('signs nothing when the table was set back', async () => {
    world.sequence.now = await grown();
    await handIn(world, 20, 1);
    const files = world.log.files.size;
    await expect(sequenceOnce(world)).rejects.toThrow('a checkpoint of size 20 was published');
    expect(world.log.files.size).toBe(files);
  });

  test('signs nothing when the checkpoint was replaced by one of another history', async () => {
    await grown();
    const other = buildLog([20], { keys });
    world.log.files.set('checkpoint', other.files.get('checkpoint') ?? Buffer.alloc(0));
    await handIn(world, 20, 1);
    await expect(sequenceOnce(world)).rejects.toThrow('is not what was decided');
  });

  test('signs nothing when the checkpoint is signed by somebody else', async () => {
    await grown();
    const other = buildLog([20], { keys: createLogKeys(ORIGIN) });
    world.log.files.set('checkpoint', other.files.get('checkpoint') ?? Buffer.alloc(0));
    await handIn(world, 20, 1);
    await expect(sequenceOnce(world)).rejects.toThrow('no key that was given has signed it');
  });

  test('writes nothing on tiles that are not those of its head', async () => {
    await grown();
    world.log.files.set('tile/0/000.p/20', Buffer.alloc(20 * 32));
    await handIn(world, 20, 1);
    await expect(sequenceOnce(world)).rejects.toThrow("The log's edge");
  });

  test('does not publish beside an object that is there already with other content', async () => {
    await handIn(world, 0, 3);
    world.log.files.set('tile/0/000.p/3', Buffer.alloc(96));
    await expect(sequenceOnce(world)).rejects.toThrow('with other content');
    expect(world.log.shown).toEqual([]);
  });

  test('refuses a staged batch that was changed', async () => {
    await handIn(world, 0, 3);
    const tampering = hooked(world, async (step, act) => {
      const value = await act();
      if (step === 'log.readStaged' && value instanceof Uint8Array) value[50] = (value[50] ?? 0) ^ 1;
      return value;
    });
    await expect(sequenceOnce(tampering)).rejects.toThrow(HistoryConflict);
  });
});
