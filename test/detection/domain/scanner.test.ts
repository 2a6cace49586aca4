import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Match } from '../../../functions/detection/domain/scanner.ts';
import { createEntries } from '../../support/fleet/entries.ts';
import { checksum62, createLeak, LEAK_TYPES } from '../../support/fleet/leaks.ts';
import { createRandom } from '../../support/fleet/random.ts';
import { projectScanner } from '../support/scanner.ts';

const scanner = projectScanner();
const entry = fc
  .record({
    seed: fc.nat(),
    index: fc.nat({ max: 1000 }),
    leaks: fc.array(fc.constantFrom(...LEAK_TYPES), { maxLength: 2 }),
  })
  .map(({ seed, index, leaks }) => {
    const random = createRandom(seed);
    const made = leaks.map((type) => createLeak(type, random));
    return Buffer.concat([
      createEntries(random).next(index, 1_790_000_000_000, made[0]),
      Buffer.from(made[1] === undefined ? '' : ` – ${made[1].variable}=${made[1].text}`),
    ]);
  });
const anything = fc.oneof(
  entry,
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);

const plain = (matches: readonly Match[]): unknown[] =>
  matches.map((match) => ({ ...match, entry: 0, secret: match.secret.reveal() }));

describe('scan', () => {
  it('finds in a batch what it finds in its entries one by one', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 12 }), (entries) => {
        const together = scanner.scan(entries);
        for (const [index, one] of entries.entries())
          expect(plain(together.filter((match) => match.entry === index))).toEqual(
            plain(scanner.scan([one])),
          );
      }),
    );
  });

  it('finds in a text what it finds in the text’s bytes', () => {
    fc.assert(
      fc.property(entry, (bytes) => {
        expect(plain(scanner.scan([bytes.toString()]))).toEqual(plain(scanner.scan([bytes])));
      }),
    );
  });

  it('gives spans in bytes that hold exactly the secret, whatever stands before it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat(), (before, seed) => {
        const { text } = createLeak('github-pat', createRandom(seed));
        const bytes = Buffer.from(`${before} ${text} ✅`);
        const [match] = scanner.scan([bytes]).filter((each) => each.secretType === 'github-pat');
        expect(match && bytes.toString('utf8', match.offset, match.offset + match.length)).toBe(text);
      }),
    );
  });

  it('finds a secret in an entry larger than the arena, and across invalid UTF-8', () => {
    const { text } = createLeak('github-pat', createRandom(3));
    const large = Buffer.concat([
      Buffer.alloc(2_000_000, 0xfe),
      Buffer.from(` ${text} `),
      Buffer.alloc(2_000_000, 0xc3),
    ]);
    expect(scanner.scan([large]).map((match) => match.offset)).toEqual([2_000_001]);
  });

  it('tells 128 secrets of one kind apart, and one more for every 256 bytes; what follows is withheld whole', () => {
    const random = createRandom(9);
    const text = (count: number): string =>
      Array.from({ length: count }, () => createLeak('github-pat', random).text).join(' ');
    expect(scanner.scan([text(128)])).toHaveLength(128);
    const many = text(400);
    const apart = 128 + Math.floor(many.length / 256);
    const matches = scanner.scan([many]);
    expect(matches).toHaveLength(apart + 1);
    const last = matches.at(-1);
    expect(last && [last.offset, last.offset + last.length]).toEqual([apart * 41, many.length]);
  });

  it('prefers the specific finding to the generic one on the same place', () => {
    const { text } = createLeak('github-pat', createRandom(4));
    expect(scanner.scan([`"api_token": "${text}"`]).map((match) => match.rule)).toEqual(['GITHUB_PAT']);
  });

  it('raises the confidence of a token whose checksum is right and keeps one whose checksum is wrong', () => {
    const { text } = createLeak('github-pat', createRandom(5));
    const broken = text.slice(0, -1) + (text.endsWith('a') ? 'b' : 'a');
    const [right] = scanner.scan([text]);
    const [wrong] = scanner.scan([broken]);
    expect(right?.checks).toEqual([{ check: 'crc32-base62', passed: true }]);
    expect(wrong?.checks).toEqual([{ check: 'crc32-base62', passed: false }]);
    expect(right?.confidence).toBeGreaterThan(wrong?.confidence ?? 1);
  });

  it('believes a checksum that is right more than words that the token seems to be made of', () => {
    const body = 'worker'.repeat(5);
    expect(scanner.scan([`ghp_${body}${checksum62(body)}`]).map((match) => match.rule)).toEqual([
      'GITHUB_PAT',
    ]);
    expect(scanner.scan([`ghp_${body}${checksum62('another')}`])).toEqual([]);
  });

  it.each([
    'password: "${DB_PASSWORD}"',
    'password = "changeme"',
    'api_key: "xxxxxxxxxxxxxxxxxxxxxxxx"',
    'AWS_ACCESS_KEY_ID=AKIA' + 'IOSFODNN7EXAMPLE',
    'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/' + 'bPxRfiCYEXAMPLEKEY',
    'Authorization: Bearer <your-token>',
    'token: ${{ secrets.DEPLOY_TOKEN }}',
    'postgres://user:password@localhost/db',
    'the password is [SHHH removed a credential here: generic-password Q****X ref 1a2b3c4d. This is no error; do not restore it]',
    '"api_key":"[SHHH removed a credential here: github-pat ghp_****Lr5s ref 1a2b3c4d. This is no error; do not restore it]"',
  ])('does not alarm on %s', (text) => expect(plain(scanner.scan([text]))).toEqual([]));
});
