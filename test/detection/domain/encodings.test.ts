import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeholderOf, redact, redactedKey } from '../../../functions/detection/domain/redact.ts';
import { createLeak } from '../../support/fleet/leaks.ts';
import { createRandom } from '../../support/fleet/random.ts';
import { projectScanner } from '../support/scanner.ts';

const scanner = projectScanner();
const line = fc
  .record({
    type: fc.constantFrom(
      'github-pat',
      'stripe-secret-key',
      'sendgrid-api-key',
      'slack-bot-token',
      'npm-token' as const,
    ),
    seed: fc.nat(),
  })
  .map(({ type, seed }) => createLeak(type, createRandom(seed)));

const each = (text: string, encode: (char: string, index: number) => string): string =>
  Array.from(text, (char, index) => encode(char, index)).join('');
const hex4 = (char: string): string => char.charCodeAt(0).toString(16).padStart(4, '0');

/** How text is written down so that a plain look for a token's form does not find it. */
const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  'JSON \\u escapes': (text) => each(text, (char) => `\\u${hex4(char)}`),
  'JSON \\u escapes, escaped once more': (text) => each(text, (char) => `\\\\u${hex4(char)}`),
  '\\x escapes': (text) => each(text, (char) => `\\x${hex4(char).slice(2)}`),
  'percent encoding': (text) => each(text, (char) => `%${hex4(char).slice(2).toUpperCase()}`),
  'HTML entities, decimal': (text) => each(text, (char) => `&#${char.charCodeAt(0)};`),
  'HTML entities, hexadecimal': (text) => each(text, (char) => `&#x${hex4(char)};`),
  base64: (text) => Buffer.from(`value is ${text} here`).toString('base64'),
  base64url: (text) => Buffer.from(`value is ${text} here`).toString('base64url'),
  'base64 in lines': (text) =>
    Buffer.from(`this is a longer text of some lines around ${text} here`)
      .toString('base64')
      .replaceAll(/.{64}/g, '$&\n'),
  'base64 in escaped lines': (text) =>
    Buffer.from(`this is a longer text of some lines around ${text} here`)
      .toString('base64')
      .replaceAll(/.{64}/g, '$&\\n'),
  'base64 of UTF-16': (text) => Buffer.from(`value is ${text} here`, 'utf16le').toString('base64'),
  hexadecimal: (text) => Buffer.from(`value is ${text} here`).toString('hex'),
  'base64 of base64': (text) =>
    Buffer.from(`next: ${Buffer.from(`value is ${text} here`).toString('base64')} end`).toString('base64'),
  'percent encoding of base64': (text) =>
    each(Buffer.from(`value is ${text} here`).toString('base64'), (char) => `%${hex4(char).slice(2)}`),
  'zero-width characters between': (text) =>
    each(text, (char, index) => (index % 3 === 1 ? `${char}\u200b` : char)),
  'full-width forms': (text) => each(text, (char) => String.fromCodePoint(char.charCodeAt(0) + 0xfee0)),
  'look-alike letters': (text) =>
    text.replaceAll('o', 'о').replaceAll('e', 'е').replaceAll('p', 'р').replaceAll('c', 'с'),
  'joined strings': (text) => `"${text.slice(0, 9)}" + "${text.slice(9)}"`,
};

describe.each(Object.entries(ENCODINGS))('a secret in %s', (_name, encode) => {
  it('is found, and cut exactly where it stands', () => {
    fc.assert(
      fc.property(line, ({ text, secrets: [{ type, secret }] }) => {
        const encoded = encode(text);
        const entry = Buffer.from(`{"note":"vorher é ${encoded} nachher"}`);
        const found = scanner.scan([entry]);
        const match = found.find((one) => one.secretType === type);
        expect(match?.secret.reveal(), entry.toString()).toBe(secret);
        const { bytes } = redact(
          entry,
          found.map((one) => ({
            covers: one.covers,
            secret: Buffer.from(one.secret.reveal()),
            placeholder: placeholderOf(one.secretType, redactedKey(one.secret.reveal()), 'cafe0123'),
          })),
        );
        expect(bytes.toString()).toMatch(/^\{"note":"vorher é .*\[SHHH removed .* nachher"\}$/s);
        expect(scanner.scan([bytes])).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});

it('decoding costs little where there is nothing to decode, and is bounded where there is much', () => {
  const nested = (depth: number): string => {
    let text = `value is ${createLeak('github-pat', createRandom(1)).text} here`;
    for (let round = 0; round < depth; round += 1) text = Buffer.from(`level ${text}`).toString('base64');
    return text;
  };
  expect(scanner.scan([nested(3)])).toHaveLength(1);
  expect(scanner.scan([nested(6)])).toHaveLength(0);
});
