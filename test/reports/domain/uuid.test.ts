import fc from 'fast-check';
import { expect, test } from 'vitest';
import { uuidOf } from '../../../functions/reports/domain/uuid.ts';

const part = fc.oneof(fc.string(), fc.integer());

test('a UUID is of version 5, the same for the same parts and another for any others', () => {
  fc.assert(
    fc.property(fc.array(part), fc.array(part), (one, other) => {
      expect(uuidOf(...one)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(uuidOf(...one) === uuidOf(...other)).toBe(JSON.stringify(one) === JSON.stringify(other));
    }),
  );
});

test('parts do not run into each other', () => {
  expect(
    new Set([uuidOf('a', 'b'), uuidOf('ab'), uuidOf('a,b'), uuidOf('a', 'b', ''), uuidOf('1'), uuidOf(1)])
      .size,
  ).toBe(6);
});
