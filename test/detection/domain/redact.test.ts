import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  excerptAround,
  MAX_EXCERPT_BYTES,
  redact,
  redactedKey,
} from '../../../functions/detection/domain/redact.ts';

describe('redactedKey', () => {
  it.each([
    ['Q7zK', '****'],
    ['Q7zKp2m', '****'],
    ['Q7zKp2mX', 'Q****X'],
    ['Q7zKp2mXw4t9', 'Q7****t9'],
    ['Q7zKp2mXw4t9Lr5s', 'Q7zK****Lr5s'],
  ])('keeps little of %s', (secret, shown) => expect(redactedKey(secret)).toBe(shown));

  it('keeps nothing of a key that spans lines', () => {
    expect(redactedKey('-----BEGIN PRIVATE KEY-----\nMC4C')).toBe('****');
  });
});

describe('redact', () => {
  it('changes nothing outside of its cuts', () => {
    const original = Buffer.from('left «s3cret» middle s3cret right');
    const { bytes, placeOf } = redact(original, [
      { covers: [{ offset: 7, length: 6 }], secret: Buffer.from('s3cret'), placeholder: '[cut]' },
    ]);
    expect(bytes.toString()).toBe('left «[cut]» middle [cut] right');
    expect(placeOf(7)).toBe(7);
    expect(bytes.toString('utf8', placeOf(original.indexOf('right')))).toBe('right');
  });

  it('covers what weaker findings on the same place saw', () => {
    const original = Buffer.from('token=abcTOKENxyz;');
    const { bytes } = redact(original, [
      {
        covers: [
          { offset: 9, length: 5 },
          { offset: 6, length: 11 },
        ],
        secret: Buffer.from('TOKEN'),
        placeholder: '[cut]',
      },
    ]);
    expect(bytes.toString()).toBe('token=[cut];');
  });
});

describe('excerptAround', () => {
  it('is valid UTF-8 of at most 4 KiB that holds the place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9000 }), fc.nat(), (noise, seed) => {
        const bytes = Buffer.concat([
          Buffer.from(noise),
          Buffer.from('[cut]'),
          Buffer.from('é'.repeat(seed % 5000)),
        ]);
        const excerpt = excerptAround(bytes, noise.length);
        expect(Buffer.byteLength(excerpt)).toBeLessThanOrEqual(MAX_EXCERPT_BYTES);
        expect(excerpt.isWellFormed()).toBe(true);
      }),
    );
    const long = Buffer.from(`${'ä'.repeat(5000)}[cut]${'ö'.repeat(5000)}`);
    expect(excerptAround(long, 10_000)).toContain('[cut]');
  });
});
