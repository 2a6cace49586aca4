import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { correlationIdOf, findingIdOf } from '../../functions/kernel/ids.ts';

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...Array.from('0123456789abcdef')), { minLength: length, maxLength: length })
    .map((c) => c.join(''));
const where = fc.record({ core: hex(64), fork: fc.nat(), seq: fc.nat() });

describe('findingIdOf', () => {
  it('gives a leak that is found again the same id', () => {
    fc.assert(
      fc.property(where, fc.string(), fc.nat(), (entry, rule, offset) => {
        expect(findingIdOf({ ...entry }, rule, offset)).toBe(findingIdOf(entry, rule, offset));
      }),
    );
  });

  it('gives leaks that differ in any one part different ids', () => {
    const entry = { core: 'a'.repeat(64), fork: 1, seq: 23 };
    const ids = [
      findingIdOf(entry, 'r', 4),
      findingIdOf({ ...entry, core: 'b'.repeat(64) }, 'r', 4),
      findingIdOf({ ...entry, fork: 12, seq: 3 }, 'r', 4),
      findingIdOf({ ...entry, seq: 2 }, 'r', 34),
      findingIdOf(entry, 's', 4),
      findingIdOf(entry, 'r', 5),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has the form that the contract asks for', () => {
    expect(findingIdOf({ core: 'a'.repeat(64), fork: 0, seq: 0 }, 'r', 0)).toMatch(/^fnd_[0-9a-f]{32}$/);
  });
});

describe('correlationIdOf', () => {
  it('names log, fork and position', () => {
    expect(correlationIdOf({ core: `0123456789abcdef${'f'.repeat(48)}`, fork: 2, seq: 77 })).toBe(
      '0123456789abcdef.2.77',
    );
  });
});
