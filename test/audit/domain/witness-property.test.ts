import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openCheckpoint } from '../../../functions/kernel/tlog/checkpoint.ts';
import { createProver } from '../../../functions/kernel/tlog/prove.ts';
import { checkpointPath } from '../../../functions/kernel/tlog/tiles.ts';
import { addCheckpointRequest } from '../../../functions/audit/domain/witness.ts';
import { anEvent } from '../support/event-builder.ts';
import { buildLog, ORIGIN, sourceOf } from '../support/log-builder.ts';
import { createWitnessWorld } from '../support/witness-world.ts';

/** Two histories that one pair of keys signed; they agree up to 3 entries. */
const BATCHES = [1, 2, 4, 250, 50];
const SIZES = BATCHES.map((_, at) => BATCHES.slice(0, at + 1).reduce((sum, each) => sum + each));
const honest = buildLog(BATCHES);
const forked = buildLog(BATCHES, {
  keys: honest.keys,
  event: (at) =>
    anEvent({
      id: at < 3 ? `event-${at}` : `forged-${at}`,
      subject: `agent-${at % 7}`,
      time: new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString(),
    }),
});
const histories = [honest, forked];

const noteAt = (history: number, size: number) =>
  Buffer.from(histories[history]?.files.get(checkpointPath(size)) ?? []);
function headAt(history: number, size: number) {
  const opened = openCheckpoint(noteAt(history, size), honest.keys.keys);
  if (!opened.ok) throw new Error(opened.error);
  return opened.value.checkpoint;
}
async function proofOf(history: number, older: number, size: number) {
  if (older === 0 || older >= size) return [];
  const prover = createProver(sourceOf((histories[history] ?? honest).files), headAt(history, size));
  const proof = await prover.consistency(headAt(history, older));
  return proof.ok ? proof.value : [];
}

test('whatever is asked, however often and at once, a witness cosigns one history that only grows', async () => {
  const size = fc.constantFrom(0, ...SIZES);
  const ask = fc.record({
    history: fc.constantFrom(0, 1),
    /** What it says that was cosigned last: true, a guess, or a replay. */
    older: fc.oneof(fc.constant('true' as const), size),
    size: fc.constantFrom(...SIZES),
    proofOf: fc.constantFrom(0, 1),
    withNext: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(ask, { minLength: 1, maxLength: 25 }), async (asks) => {
      const world = createWitnessWorld(ORIGIN, honest.keys.keys);
      const cosigned: { history: number; size: number }[] = [];
      let together: Promise<void>[] = [];
      for (const each of asks) {
        const older = each.older === 'true' ? (world.memory.heads.get(ORIGIN)?.size ?? 0) : each.older;
        const request = addCheckpointRequest(
          older,
          await proofOf(each.proofOf, older, each.size),
          noteAt(each.history, each.size),
        );
        together.push(
          world.ask(request).then(({ status }) => {
            if (status === 200) cosigned.push({ history: each.history, size: each.size });
          }),
        );
        if (each.withNext) continue;
        await Promise.all(together);
        together = [];
      }
      await Promise.all(together);
      // Beyond what they share, all that was cosigned is of one history.
      const beyond = cosigned.filter((one) => one.size > 3);
      expect(new Set(beyond.map(({ history }) => history)).size).toBeLessThanOrEqual(1);
      const last = world.memory.heads.get(ORIGIN)?.size ?? 0;
      expect(last).toBe(Math.max(0, ...cosigned.map((one) => one.size)));
    }),
    { numRuns: 150 },
  );
}, 60_000);
