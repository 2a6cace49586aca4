import fc from 'fast-check';
import RE2 from 're2';
import { describe, expect, it } from 'vitest';
import { createRe2Regex } from '../../../functions/detection/adapters/re2-regex.ts';
import { readPatterns } from '../../../functions/detection/domain/compile.ts';
import type { RegexSpans } from '../../../functions/detection/domain/ports.ts';
import { readPatternFiles } from '../../../scripts/build-patterns.ts';
import { projectPack } from '../support/scanner.ts';

/** What RE2 captures itself. */
function capturing(source: string): (bytes: Buffer, from: number) => RegexSpans | undefined {
  const regex = new RE2(source, 'gdu');
  return (bytes, from) => {
    regex.lastIndex = from;
    return regex.exec(bytes)?.indices?.flatMap((span) => span ?? [-1, -1]);
  };
}

const { rules } = readPatterns(await readPatternFiles());
const examples = new Map(rules.map(({ name, source }) => [name, source.examples.match]));
const cases = projectPack().rules.map((rule) => ({
  name: rule.name,
  regex: rule.regex,
  run: rule.run,
  texts: examples.get(rule.name) ?? [],
}));

describe('a regex over bytes', () => {
  it('tells of every match what RE2 captures, wherever it starts and whatever is around', () => {
    const wrong: string[] = [];
    for (const { name, regex, texts } of cases) {
      const ours = createRe2Regex(regex);
      const theirs = capturing(regex);
      const same = (got: RegexSpans | undefined, expected: RegexSpans | undefined): boolean =>
        // A long match may come without its group.
        JSON.stringify(got) === JSON.stringify(got?.length === 2 ? expected?.slice(0, 2) : expected);
      for (const example of texts)
        for (const text of [
          `${example}${example}`,
          `a${example}z é`,
          `"${example}",\n`,
          example.slice(1, -1),
        ]) {
          const bytes = Buffer.from(text);
          for (const from of [0, 1, bytes.length >> 1]) {
            const expected = theirs(bytes, from);
            if (!same(ours.exec(bytes, from), expected)) wrong.push(`${name} from ${from}`);
            const start = expected?.[0];
            if (start === undefined) continue;
            const told = ours.matchAt(bytes, start, bytes.length);
            if (told !== 'undecided' && (typeof told === 'number' || !same(told, expected)))
              wrong.push(`${name} at ${start}`);
            if (!ours.mayMatchAt(bytes, start, 0, bytes.length)) wrong.push(`${name} not at ${start}`);
          }
        }
    }
    expect(wrong).toEqual([]);
  }, 60_000);

  it('agrees with RE2 on regexes and texts of few letters, where alternatives give back what they took', () => {
    const sources = [
      String.raw`a*(a{2})(?:[^a-z]|$)`,
      String.raw`\b(a+b?)\b`,
      String.raw`(?:^|[^a-b])(a{1,3}?)b`,
      String.raw`a(?:"(b{1,})"|'(b+)')c?`,
      String.raw`(a|ab)(?:b|$)`,
      String.raw`\b(ab{2,})@[a-b]`,
      String.raw`(?i)A(B+)`,
      'ab+',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...sources),
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', '"', "'", ' ', '@', 'é', 'B'), maxLength: 30 }),
        fc.nat({ max: 30 }),
        (source, text, from) => {
          const bytes = Buffer.from(text);
          fc.pre(from <= bytes.length);
          const ours = createRe2Regex(source);
          const expected = capturing(source)(bytes, from);
          expect(ours.exec(bytes, from)).toEqual(expected);
          for (let at = 0; at <= bytes.length; at += 1) {
            const here = expected?.[0] === at;
            const told = ours.matchAt(bytes, at, bytes.length);
            if (here) expect(ours.mayMatchAt(bytes, at, 0, bytes.length)).toBe(true);
            if (here && told !== 'undecided') {
              if (typeof told === 'number') expect.unreachable(`no match at ${at}`);
              expect(told).toEqual(expected);
            }
          }
        },
      ),
    );
  });

  it('looks no farther than it is told and says so where what follows may decide', () => {
    const regex = createRe2Regex(String.raw`\bk_[a-z]{8,}(?:[^a-z]|$)`);
    const token = Buffer.from('k_abcdefghijklmnop ');
    expect(regex.exec(token, 0)).toEqual([0, 19]);
    expect(regex.matchAt(token, 0, 19)).toEqual([0, 19]);
    expect(regex.matchAt(token, 0, 12)).toBe('undecided');
    expect(regex.matchAt(Buffer.from('k_abcdefghé'), 0, 20)).toBe('undecided');
    // The blank after five letters ends it.
    expect(regex.matchAt(Buffer.from('k_abc é'), 0, 20)).toBe(5);
  });

  it('tells from a few bytes that no match starts at a place, and only where none does', () => {
    const regex = createRe2Regex(String.raw`\bk_[a-z]{8,}$`);
    const text = Buffer.from('.k_abcdefgh\xffk_abc k_abcdefgh', 'latin1');
    const starts = Array.from(text.keys()).filter((at) => regex.mayMatchAt(text, at, 0, text.length));
    expect(starts).toEqual([18]);
    // Where a text ends before the next one begins, its end may be the match's.
    expect(regex.mayMatchAt(text, 1, 0, 11)).toBe(true);
  });

  it('gives a long match whole where its group cannot be told by tests', () => {
    const regex = createRe2Regex('x[a-z]*([a-z]{4})');
    const short = Buffer.from(`x${'a'.repeat(100)}`);
    expect(regex.exec(short, 0)).toEqual([0, 101, 97, 101]);
    expect(regex.exec(Buffer.from(`x${'a'.repeat(511)}`), 0)).toHaveLength(4);
    expect(regex.exec(Buffer.from(`x${'a'.repeat(512)}`), 0)).toEqual([0, 513]);
  });
});

describe('the run of a rule', () => {
  it('stands in each of its matches', () => {
    for (const { name, regex, run, texts } of cases) {
      const ranges = Buffer.from(run.bytes, 'hex');
      const holds = (byte: number): boolean =>
        ranges.some((first, at) => at % 2 === 0 && byte >= first && byte <= (ranges[at + 1] ?? 0));
      for (const text of texts) {
        const bytes = Buffer.from(text);
        const [from, to] = capturing(regex)(bytes, 0) ?? [];
        if (from === undefined) continue;
        let longest = 0;
        let here = 0;
        for (const byte of bytes.subarray(from, to)) {
          here = holds(byte) ? here + 1 : 0;
          longest = Math.max(longest, here);
        }
        expect(longest, name).toBeGreaterThanOrEqual(run.length);
      }
    }
  });
});
