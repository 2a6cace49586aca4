import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPrefilter } from '../../../functions/detection/domain/prefilter.ts';

const KEYWORDS = ['abc', 'abca', 'bca', 'a-b', 'a_b', 'c://', 'aaaa', 'cab-cab-cab', '=ab', 'b ='];
const prefilter = createPrefilter(KEYWORDS);

/** Every place of every keyword, looked for one by one. */
function places(bytes: Buffer): readonly string[] {
  const text = bytes.toString('latin1').replaceAll(/[A-Z]/g, (char) => char.toLowerCase());
  const found: string[] = [];
  for (const [index, keyword] of KEYWORDS.entries())
    for (let at = text.indexOf(keyword); at >= 0; at = text.indexOf(keyword, at + 1))
      found.push(`${at} ${index}`);
  return found.toSorted();
}

function scanned(bytes: Buffer): readonly string[] {
  const hits = prefilter.scan(bytes, bytes.length);
  return Array.from({ length: hits.count }, (_, at) => `${hits.starts[at]} ${hits.keywords[at]}`).toSorted();
}

const piece = fc.oneof(
  fc.constantFrom(...KEYWORDS, 'ABCA', 'A_B', 'a\rb', 'a\x7fb', '\xff'),
  fc.string({
    unit: fc.constantFrom('a', 'b', 'c', 'A', '-', '_', ':', '/', '=', ' ', '\x0d'),
    maxLength: 5,
  }),
);

describe('the prefilter', () => {
  it('finds every place of every keyword, whatever its case, and no other', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const bytes = Buffer.from(pieces.join(''), 'latin1');
        expect(scanned(bytes)).toEqual(places(bytes));
      }),
    );
  });

  it('finds each once in a text that is longer than its memory', () => {
    const bytes = Buffer.alloc(2_500_000, 'x');
    for (let at = 0; at + 11 < bytes.length; at += 9_973) bytes.write('cab-cab-cab', at);
    for (const at of [1_048_570, 1_048_565, 2_097_130]) bytes.write('cab-cab-cab', at);
    expect(scanned(bytes)).toEqual(places(bytes));
  });
});
