import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { admit, type Admissions } from '../../../functions/revocation/domain/limit.ts';

const HOUR_MS = 3_600_000;
const T0 = 1_800_000_000_000;

describe('the limit', () => {
  test('admits the last one that it allows, and not one more', () => {
    const full = admit({ a: T0 }, 'b', T0 + 1, 2);
    expect(full).toEqual({ a: T0, b: T0 + 1 });
    expect(admit(full ?? {}, 'c', T0 + 2, 2)).toBeUndefined();
  });

  test('of nothing admits nothing', () => {
    expect(admit({}, 'a', T0, 0)).toBeUndefined();
  });

  test('forgets an admission when its hour is over, and not a millisecond before', () => {
    expect(admit({ a: T0 }, 'b', T0 + HOUR_MS - 1, 1)).toBeUndefined();
    expect(admit({ a: T0 }, 'b', T0 + HOUR_MS, 1)).toEqual({ b: T0 + HOUR_MS });
  });

  test('counts a run once, however often it asks, and keeps the time of its first asking', () => {
    expect(admit({ a: T0 }, 'a', T0 + 5, 1)).toEqual({ a: T0 });
    expect(admit({ a: T0 }, 'a', T0 + 2 * HOUR_MS, 1)).toEqual({ a: T0 });
  });

  test('that is lowered holds at once, and what was admitted stays so', () => {
    const known = { a: T0, b: T0 };
    expect(admit(known, 'c', T0 + 1, 1)).toBeUndefined();
    expect(admit(known, 'b', T0 + 1, 1)).toEqual(known);
  });

  test('is never exceeded within any hour', () => {
    const asked = fc.array(fc.tuple(fc.nat(30), fc.nat(HOUR_MS / 2)), { maxLength: 80 });
    fc.assert(
      fc.property(asked, fc.nat(5), (requests, limit) => {
        let known: Admissions = {};
        let nowMs = T0;
        const admitted: number[] = [];
        for (const [key, laterMs] of requests) {
          nowMs += laterMs;
          const fresh = !(String(key) in known);
          const after = admit(known, String(key), nowMs, limit);
          if (after && fresh) admitted.push(nowMs);
          known = after ?? known;
          expect(admitted.filter((at) => at > nowMs - HOUR_MS).length).toBeLessThanOrEqual(limit);
        }
      }),
      { numRuns: 300 },
    );
  });
});
