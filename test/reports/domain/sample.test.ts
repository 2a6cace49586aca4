import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rankBy, Sample } from '../../../functions/reports/domain/sample.ts';

const drawn = (seed: string, seqs: Iterable<number>, size = 25): number[] => {
  const sample = new Sample(size, rankBy(seed));
  for (const seq of seqs) sample.offer(seq);
  return sample.seqs();
};
const all = Array.from({ length: 500 }, (_, seq) => seq);

describe('a sample', () => {
  test('is the same for who has the seed, in whatever order it was offered, and another for another seed', () => {
    const expected = drawn('seed', all);
    expect(expected).toHaveLength(25);
    expect(drawn('seed', all.toReversed())).toEqual(expected);
    expect(drawn('another seed', all)).not.toEqual(expected);
  });

  test('is all of it where there is less than it may hold', () => {
    expect(drawn('seed', [3, 1, 2])).toEqual([1, 2, 3]);
    expect(drawn('seed', [])).toEqual([]);
  });

  test('of a part holds what the sample of the whole holds of that part', () => {
    fc.assert(
      fc.property(fc.subarray(all), fc.string(), (part, seed) => {
        const ofPart = new Set(drawn(seed, part));
        for (const seq of drawn(seed, all).filter((each) => part.includes(each)))
          expect(ofPart).toContain(seq);
      }),
      { numRuns: 50 },
    );
  });

  test('favours no place: over many seeds each is drawn about as often as any other', () => {
    const counts = Array.from({ length: 50 }, () => 0);
    for (let seed = 0; seed < 400; seed += 1)
      for (const seq of drawn(`seed ${seed}`, counts.keys(), 10)) counts[seq] = (counts[seq] ?? 0) + 1;
    // 80 each is expected, with a standard deviation of 8.
    for (const count of counts) expect(Math.abs(count - 80)).toBeLessThan(40);
  });
});
