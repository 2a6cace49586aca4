import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  excerptAround,
  MAX_EXCERPT_BYTES,
  placeholderOf,
  redact,
  redactedKey,
} from '../../../functions/detection/domain/redact.ts';
import { createLeak, LEAK_TYPES } from '../../support/fleet/leaks.ts';
import { createRandom } from '../../support/fleet/random.ts';
import { projectScanner } from '../support/scanner.ts';

const leak = fc
  .record({ type: fc.constantFrom(...LEAK_TYPES), seed: fc.nat() })
  .map(({ type, seed }) => createLeak(type, createRandom(seed)));
const prose = fc.string({ unit: 'grapheme', maxLength: 60 });

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
  it('leaves no four characters in a row of a secret beyond the kept ends', () => {
    const scanner = projectScanner();
    fc.assert(
      fc.property(leak, prose, prose, ({ variable, text, secrets }, before, after) => {
        const entry = Buffer.from(`${before}\n${variable}=${text}\n${after} and again ${text} .`);
        const matches = scanner.scan([entry]);
        fc.pre(matches.length >= secrets.length);
        const { bytes } = redact(
          entry,
          matches.map((match) => ({
            covers: match.covers,
            secret: Buffer.from(match.secret.reveal()),
            placeholder: placeholderOf(match.secretType, redactedKey(match.secret.reveal()), 'cafe0123'),
          })),
        );
        const left = bytes.toString().replace(before, '').replace(after, '');
        for (const { secret } of secrets) {
          const inner = secret.slice(4, -4);
          for (let at = 0; at + 4 <= inner.length; at += 1) {
            const piece = inner.slice(at, at + 4);
            // What stands in the surroundings or in every placeholder says nothing about the secret.
            const elsewhere = `${variable}= and again . ${text.replaceAll(secret, '')} ${placeholderOf(
              matches.map((match) => match.secretType).join(),
              '',
              'cafe0123',
            )}-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----`;
            if (!elsewhere.includes(piece)) expect(left.includes(piece), left).toBe(false);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

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
