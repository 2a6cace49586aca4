import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs } from '../../../functions/ingest/domain/backoff.ts';
import {
  beginningsWithin,
  checkpointAfter,
  decideResume,
  type Beginning,
  type Checkpoint,
} from '../../../functions/ingest/domain/checkpoint.ts';

const at = (length: number): Beginning => ({ length, treeHash: `hash of ${String(length)}` });
const shipped: Checkpoint = { fork: 2, ...at(100), ancestors: [at(80), at(40)] };

describe('resuming a log', () => {
  test('begins a log that was never shipped at its start', () => {
    expect(decideResume(undefined, { fork: 0, length: 500 }, undefined)).toEqual({ why: 'first', from: 0 });
  });

  test('goes on where it stopped when what was shipped is unchanged', () => {
    for (const length of [100, 150]) {
      expect(decideResume(shipped, { fork: 2, length }, shipped)).toEqual({ why: 'unchanged', from: 100 });
    }
  });

  test('goes on where it stopped when the log was cut back behind that point only', () => {
    expect(decideResume(shipped, { fork: 3, length: 120 }, shipped)).toEqual({ why: 'unchanged', from: 100 });
  });

  test.each([150, 85])(
    'ships a log of %i entries again from what it has in common, when it was cut back',
    (length) => {
      expect(decideResume(shipped, { fork: 3, length }, at(80))).toEqual({ why: 'truncated', from: 80 });
      expect(decideResume(shipped, { fork: 3, length }, at(40))).toEqual({ why: 'truncated', from: 40 });
      expect(decideResume(shipped, { fork: 3, length }, undefined)).toEqual({ why: 'truncated', from: 0 });
    },
  );

  test('ships a log again whose entries differ under the same fork, even while it is shorter', () => {
    expect(decideResume(shipped, { fork: 2, length: 150 }, at(40))).toEqual({ why: 'diverged', from: 40 });
    expect(decideResume(shipped, { fork: 2, length: 90 }, at(40))).toEqual({ why: 'diverged', from: 40 });
  });

  test('waits for a peer that shows less, of which nothing differs, and no newer fork', () => {
    expect(decideResume(shipped, { fork: 2, length: 99 }, at(80))).toEqual({ why: 'behind' });
    expect(decideResume(shipped, { fork: 2, length: 40 }, at(40))).toEqual({ why: 'behind' });
    expect(decideResume(shipped, { fork: 2, length: 20 }, undefined)).toEqual({ why: 'behind' });
    expect(decideResume(shipped, { fork: 0, length: 0 }, undefined)).toEqual({ why: 'behind' });
  });
});

describe('the beginnings that a checkpoint remembers', () => {
  test('are those that a log of some length may have, longest first', () => {
    expect(beginningsWithin(shipped, 100).map(({ length }) => length)).toEqual([100, 80, 40]);
    expect(beginningsWithin(shipped, 79).map(({ length }) => length)).toEqual([40]);
    expect(beginningsWithin(undefined, 100)).toEqual([]);
  });

  test('are few, in order, and near enough to any cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 400 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (windows, where) => {
          let known: readonly Beginning[] = [];
          let length = 0;
          for (const window of windows) {
            length += window;
            const checkpoint = checkpointAfter(known, { fork: 0, ...at(length) });
            known = beginningsWithin(checkpoint, length);
          }
          const lengths = known.map((beginning) => beginning.length);
          expect(lengths).toEqual([...new Set(lengths)].sort((a, b) => b - a));
          expect(lengths.length).toBeLessThan(14);
          const cut = Math.floor(length * where);
          const from = lengths.find((beginning) => beginning <= cut) ?? 0;
          // Of what was kept after the cut, little goes again: sixteen times the cut itself, and a few windows.
          expect(cut - from).toBeLessThanOrEqual(16 * (length - cut) + 4_000);
        },
      ),
    );
  });
});

describe('backing off', () => {
  const limits = { baseMs: 100, maxMs: 5_000 };

  test('doubles up to the limit and jitters below it', () => {
    expect([1, 2, 3, 4].map((failures) => backoffMs(failures, 1, limits))).toEqual([100, 200, 400, 800]);
    expect(backoffMs(60, 1, limits)).toBe(5_000);
    expect(backoffMs(60, 0.5, limits)).toBe(2_750);
  });

  test('never comes back at once', () => {
    expect(backoffMs(1, 0, limits)).toBe(10);
  });
});
