import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packBatches } from '../../../functions/quarantine/domain/pack-batches.ts';

const limits = { maxItems: 10, maxBytes: 1000 };
const pack = (sizes: readonly number[]) =>
  packBatches(
    sizes.map((size, index) => ({ size, index })),
    ({ size }) => size,
    limits,
  );
// Sizes around the limit are what goes wrong: small ones, halves, and one byte on either side of the whole.
const sizes = fc.array(
  fc.oneof(fc.nat(20), fc.integer({ min: 495, max: 505 }), fc.integer({ min: 995, max: 1005 })),
  {
    maxLength: 60,
  },
);

describe('packBatches', () => {
  test('puts every item in exactly one batch, or names it oversized, and keeps the order', () => {
    fc.assert(
      fc.property(sizes, (all) => {
        const { batches, oversized } = pack(all);
        const packed = batches.flat().map(({ index }) => index);
        expect(packed).toEqual([...packed].sort((a, b) => a - b));
        expect([...packed, ...oversized.map(({ index }) => index)].sort((a, b) => a - b)).toEqual(
          all.map((_, i) => i),
        );
        expect(oversized.every(({ size }) => size > limits.maxBytes)).toBe(true);
      }),
    );
  });

  test('holds both limits in every batch and leaves none empty', () => {
    fc.assert(
      fc.property(sizes, (all) => {
        for (const batch of pack(all).batches) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(limits.maxItems);
          expect(batch.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(limits.maxBytes);
        }
      }),
    );
  });

  test('closes a batch only when the next item would break a limit', () => {
    fc.assert(
      fc.property(sizes, (all) => {
        const { batches } = pack(all);
        batches.slice(1).forEach((batch, i) => {
          const before = batches[i] ?? [];
          const bytes = before.reduce((sum, { size }) => sum + size, 0) + (batch[0]?.size ?? 0);
          expect(before.length === limits.maxItems || bytes > limits.maxBytes).toBe(true);
        });
      }),
    );
  });

  test.each([
    ['exactly the limit in bytes', [500, 500], 1],
    ['one byte more', [500, 501], 2],
    ['exactly ten items', Array.from({ length: 10 }, () => 1), 1],
    ['eleven items', Array.from({ length: 11 }, () => 1), 2],
    ['nothing', [], 0],
  ])('packs %s', (_, all, count) => {
    expect(pack(all).batches).toHaveLength(count);
  });
});
