import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { correlationIdOf, findingIdOf } from '../../functions/kernel/ids.ts';

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...Array.from('0123456789abcdef')), { minLength: length, maxLength: length })
    .map((c) => c.join(''));
const where = fc.record({ core: hex(64), fork: fc.nat(), seq: fc.nat() });

describe('findingIdOf', () => {
  it('gives a leak that is found again the same id, under another fork as well', () => {
    fc.assert(
      fc.property(
        where,
        fc.nat(),
        fc.string(),
        fc.nat(),
        hex(64),
        (entry, fork, rule, offset, fingerprint) => {
          const moved = { ...entry, fork };
          expect(findingIdOf(moved, rule, offset, fingerprint)).toBe(
            findingIdOf(entry, rule, offset, fingerprint),
          );
        },
      ),
    );
  });

  it('gives leaks that differ in any one part different ids', () => {
    const entry = { core: 'a'.repeat(64), seq: 23 };
    const [one, other] = ['1'.repeat(64), '2'.repeat(64)];
    const ids = [
      findingIdOf(entry, 'r', 4, one),
      findingIdOf(entry, 'r', 4, other),
      findingIdOf({ ...entry, core: 'b'.repeat(64) }, 'r', 4, one),
      findingIdOf({ ...entry, seq: 2 }, 'r', 34, one),
      findingIdOf(entry, 's', 4, one),
      findingIdOf(entry, 'r', 5, one),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has the form that the contract asks for', () => {
    expect(findingIdOf({ core: 'a'.repeat(64), seq: 0 }, 'r', 0, 'f'.repeat(64))).toMatch(
      /^fnd_[0-9a-f]{32}$/,
    );
  });
});

describe('correlationIdOf', () => {
  it('names log, fork and position', () => {
    expect(correlationIdOf({ core: `0123456789abcdef${'f'.repeat(48)}`, fork: 2, seq: 77 })).toBe(
      '0123456789abcdef.2.77',
    );
  });
});
