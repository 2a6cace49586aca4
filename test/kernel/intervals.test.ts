import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromFlat, lengthOf, union, type Interval } from '../../functions/kernel/intervals.ts';

const intervals = fc.array(
  fc.tuple(fc.nat(200), fc.nat(20)).map(([start, length]): Interval => [start, start + length]),
  { maxLength: 30 },
);
const members = (all: readonly Interval[]) =>
  new Set(all.flatMap(([start, end]) => Array.from({ length: end - start }, (_, i) => start + i)));

describe('union', () => {
  test('covers exactly what any interval covers, without overlap, in order', () => {
    fc.assert(
      fc.property(intervals, (all) => {
        const merged = union(all);
        expect(members(merged)).toEqual(members(all));
        expect(lengthOf(merged)).toBe(members(all).size);
        merged.forEach(([start], index) => {
          if (index > 0) expect(start).toBeGreaterThan(merged[index - 1]?.[1] ?? 0);
        });
      }),
    );
  });

  test('does not depend on order or repetition', () => {
    fc.assert(
      fc.property(intervals, intervals, (some, others) => {
        expect(union([...others, ...some, ...others])).toEqual(union([...union(some), ...others]));
      }),
    );
  });

  test('reads back what rests flat', () => {
    fc.assert(
      fc.property(intervals, (all) => {
        expect(fromFlat(union(all).flat())).toEqual(union(all));
      }),
    );
  });
});
