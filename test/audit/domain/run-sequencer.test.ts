import { expect, test } from 'vitest';
import { runSequencer, type Observation } from '../../../functions/audit/domain/run-sequencer.ts';
import { HistoryConflict, type Sequenced } from '../../../functions/audit/domain/sequence.ts';

/** A run of ten seconds, a batch each three; each batch takes `tookMs`. */
async function run(outcomes: readonly (Sequenced | Error)[], tookMs = 100) {
  let time = 0;
  const starts: number[] = [];
  const observed: Observation['event'][] = [];
  const ended = await runSequencer(
    {
      once: async () => {
        starts.push(time);
        time += tookMs;
        const outcome = outcomes[starts.length - 1] ?? NOTHING;
        if (outcome instanceof Error) throw outcome;
        return outcome;
      },
      pacer: {
        now: () => time,
        wait: async (ms) => void (time += ms),
      },
      observe: ({ event }) => observed.push(event),
    },
    { until: 10_000, everyMs: 3_000 },
  ).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { starts, observed, ended };
}
const NOTHING: Sequenced = { did: 'nothing', refused: 0 };
const published = (entries: number): Sequenced => ({ did: 'published', entries, size: entries, refused: 0 });

test('a batch starts each interval, and none when the time is up', async () => {
  expect((await run([])).starts).toEqual([0, 3_000, 6_000, 9_000]);
});

test('behind a full batch the next one starts at once, behind a slow one as well', async () => {
  expect((await run([published(1024), published(1024), published(3)])).starts).toEqual([
    0, 100, 200, 3_200, 6_200, 9_200,
  ]);
  expect((await run([], 4_000)).starts).toEqual([0, 4_000, 8_000]);
});

test('what fails is tried again at the next interval, and fails the run if it stays', async () => {
  const failing = new Error('throttled');
  const { starts, ended } = await run([failing, failing, published(1)]);
  expect([starts.length, ended]).toEqual([4, undefined]);
  const hopeless = await run(Array.from({ length: 9 }, () => failing));
  expect([hopeless.starts.length, hopeless.ended]).toEqual([4, failing]);
});

test('a history that contradicts itself ends the run at once', async () => {
  const conflict = new HistoryConflict('two histories');
  const { starts, ended } = await run([published(1), conflict]);
  expect([starts.length, ended]).toEqual([2, conflict]);
});
