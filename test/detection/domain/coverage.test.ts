import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SCANNED_BLOCK } from '../../../functions/contracts/daily-metrics.ts';
import type { EntryBatch } from '../../../functions/contracts/ingest.ts';
import { coverageOf, rulesChanged } from '../../../functions/detection/domain/coverage.ts';
import { lengthOf } from '../../../functions/kernel/intervals.ts';
import { batchOf } from '../support/batches.ts';

const total = (batches: readonly EntryBatch[]) =>
  coverageOf(batches).reduce((sum, { intervals }) => sum + lengthOf(intervals), 0);

describe('coverageOf', () => {
  test('counts every position once, however often and in whatever packing it comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 20 })), { minLength: 1, maxLength: 20 }),
        (messages) => {
          const batches = messages.map(([seq, count]) => batchOf(Array<string>(count).fill('x'), seq));
          const positions = new Set(batches.flatMap(({ entries }) => entries.map(({ seq }) => seq)));
          expect(total([...batches, ...batches.toReversed()])).toBe(positions.size);
        },
      ),
    );
  });

  test('parts a message that spans two blocks, and keeps days by the time of shipping', () => {
    const batch = batchOf(['a', 'b', 'c'], SCANNED_BLOCK - 1);
    expect(coverageOf([batch]).map(({ block, intervals }) => [block, lengthOf(intervals)])).toEqual([
      [0, 1],
      [1, 2],
    ]);
    const midnight = Date.parse('2026-11-22T00:00:00.000Z');
    expect(
      coverageOf([
        { ...batch, shippedAt: midnight - 1 },
        { ...batch, shippedAt: midnight },
      ]).map(({ day }) => day),
    ).toEqual(['2026-11-21', '2026-11-21', '2026-11-22', '2026-11-22']);
  });
});

test('rulesChanged counts rules that were added, changed and taken away', () => {
  expect(rulesChanged({ A: '1', B: '1', C: '1' }, { A: '1', B: '2', D: '1' })).toBe(3);
});
