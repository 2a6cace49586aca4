import { describe, expect, it } from 'vitest';
import { createRe2Regex } from '../../../functions/detection/adapters/re2-regex.ts';
import { createDetector } from '../../../functions/detection/domain/detector.ts';
import type { CreateRegex } from '../../../functions/detection/domain/ports.ts';
import { createLeak, LEAK_TYPES } from '../../support/fleet/leaks.ts';
import { createRandom } from '../../support/fleet/random.ts';
import { projectPack } from '../support/scanner.ts';

/** Work is counted, not timed: how often a rule's regex is tried. */
let tries = 0;
const counted: CreateRegex = (source) => {
  const regex = createRe2Regex(source);
  return {
    ...regex,
    matchAt(bytes, at, limit) {
      tries += 1;
      return regex.matchAt(bytes, at, limit);
    },
    exec(bytes, from) {
      tries += 1;
      return regex.exec(bytes, from);
    },
  };
};
const pack = projectPack();
const detector = createDetector(pack, counted);
function triesFor(text: string): number {
  tries = 0;
  detector.scan([text]);
  return tries;
}

const keywords = [...new Set(pack.rules.flatMap((rule) => rule.keywords))];
const random = createRandom(11);
const leak = (index: number): string => {
  const { variable, text } = createLeak(LEAK_TYPES[index % LEAK_TYPES.length] ?? 'jwt', random);
  return `${variable}=${text} `;
};
function filled(size: number, piece: (index: number) => string): string {
  let text = '';
  for (let index = 0; text.length < size; index += 1) text += piece(index);
  return text.slice(0, size);
}
const keyword = (index: number): string => keywords[index % keywords.length] ?? '';

/** A keyword opens a window for one rule or a few, and each try leaves it or moves past a match. */
const BYTES_A_TRY = 6;

describe('the tries that a hostile text costs', () => {
  it.each<[string, (index: number) => string]>([
    ['every keyword on end', keyword],
    ['every keyword, spaced', (index) => `${keyword(index)} `],
    [
      'every keyword and a value',
      (index) => `${keyword(index)}_token: ${random.text('abcdef0123456789', 40)} `,
    ],
    ['leaks of every type', leak],
    ['a name over and over', () => 'token='],
    ['a prefix over and over', () => 'sk-'],
    ['halves of a token', () => 'eyJhbGciOiJIUzI1NiJ9.'],
    ['every keyword in base64', (index) => Buffer.from(`${keyword(index)} and `).toString('base64url')],
  ])('are few for its bytes and grow with them: %s', (_, piece) => {
    const short = filled(16_384, piece);
    const long = filled(65_536, piece);
    expect(triesFor(long)).toBeLessThan(long.length / BYTES_A_TRY);
    expect(triesFor(long)).toBeLessThan(6 * triesFor(short) + 200);
  });
});
