import { describe, expect, it } from 'vitest';
import { readPatterns } from '../../../functions/detection/domain/compile.ts';
import { readPatternFiles } from '../../../scripts/build-patterns.ts';
import { marked, readerOf, shortened, unmarked, written } from '../../../scripts/mutate/bounds.ts';
import { mutantsOf } from '../../../scripts/mutate/mutants.ts';
import { isNoticed, readBounds } from '../../../scripts/mutate/notice.ts';

const { rules } = readPatterns(await readPatternFiles());
const { texts, equivalent } = await readBounds();
/** One of so many mutants is tried here; `npm run mutate` tries all. */
const ONE_OF = 12;

const textsOf = (name: string) => texts.get(name) ?? [];

describe('the texts at the bounds of the rules', () => {
  it('are read by each rule as they were written down', () => {
    const changed = rules.flatMap(({ name, source }) => {
      const read = readerOf(source.regex, source.secretGroup);
      return textsOf(name)
        .map(({ bytes, reading }) => [marked(bytes, reading), marked(bytes, read(bytes))])
        .filter(([before, now]) => before !== now)
        .map(([before, now]) => `${name} reads ${shortened(now ?? '')} and not ${shortened(before ?? '')}`);
    });
    expect(
      changed,
      'If the rule was changed on purpose, npm run mutate -- --write looks for new texts; read what it changed.',
    ).toEqual([]);
  });

  it('speak of rules that there are', () => {
    const names = new Set(rules.map(({ name }) => name));
    expect([...texts.keys(), ...equivalent.keys()].filter((name) => !names.has(name))).toEqual([]);
  });

  it('are written short and read in full', () => {
    const text = `x «a‹${'b'.repeat(40)}›c»é`;
    expect(written(shortened(text))).toBe(text);
    expect(shortened(text)).toBe('x «a‹⟨b*40⟩›c»é');
    const { bytes, reading } = unmarked(text);
    expect(reading).toEqual([2, 3, 43, 44]);
    expect(marked(bytes, reading)).toBe(text);
  });
});

describe('a slip of the hand in a rule', () => {
  it(`is noticed by the rule's own examples and texts, one of ${ONE_OF} tried`, { timeout: 120_000 }, () => {
    const survivors: string[] = [];
    let tried = 0;
    for (const [index, { name, source }] of rules.entries()) {
      for (const { regex, slip } of mutantsOf(source.regex).filter((_, at) => (at + index) % ONE_OF === 0)) {
        if (equivalent.get(name)?.has(slip) === true) continue;
        tried += 1;
        try {
          if (!isNoticed(readerOf(regex, source.secretGroup), source.examples.match, textsOf(name)))
            survivors.push(`${name}: ${slip}`);
        } catch {
          // What does not compile is noticed by the build.
        }
      }
    }
    expect(tried).toBeGreaterThan(1000);
    expect(survivors).toEqual([]);
  });

  it.each([
    ['a{3}', ['a{2}', 'a{4}']],
    ['a{2,5}', ['a{1,5}', 'a{3,5}', 'a{2,4}', 'a{2,6}']],
    ['[a-z0-9]+', ['[0-9]+', '[a-z]+', '[a-z0-9!]+', '[a-z0-9]{0,}', '[a-z0-9]{2,}']],
    ['\\b(?:x|yz)\\b', ['(?:x|yz)\\b', '\\b(?:yz)\\b', '\\b(?:x)\\b', '\\b(?:x|yz)']],
    ['(?i:key)', ['(?:key)', '(?i:qey)', '(?i:ey)']],
    ['[^"]', ['["]', '[^"!]']],
  ])('in %s makes %s, among others', (regex, expected) => {
    expect(mutantsOf(regex).map((mutant) => mutant.regex)).toEqual(expect.arrayContaining(expected));
  });
});
