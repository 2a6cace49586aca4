import { describe, expect, it } from 'vitest';
import { createRe2Regex } from '../../../functions/detection/adapters/re2-regex.ts';
import { readPatterns } from '../../../functions/detection/domain/compile.ts';
import type { CompiledRule } from '../../../functions/detection/domain/pack.ts';
import { createScanner } from '../../../functions/detection/domain/scanner.ts';
import { readPatternFiles } from '../../../scripts/build-patterns.ts';
import { projectPack } from '../support/scanner.ts';

const rules = new Map(projectPack().rules.map((rule) => [rule.name, rule]));
const { rules: sources } = readPatterns(await readPatternFiles());

/** What a slip of the hand does to a regex: a count that is off, a class that lost its digits, a word cut short. */
function mutationsOf(regex: string): readonly string[] {
  const counted = /\{(\d+)\}/.exec(regex)?.[0];
  return [
    ...(counted === undefined ? [] : [regex.replace(counted, `{${Number(counted.slice(1, -1)) + 7}}`)]),
    regex.replaceAll('0-9', '').replaceAll(/\[\]/g, '[!]'),
    regex.replaceAll('a-', 'y-').replaceAll('A-', 'Y-'),
  ].filter((mutant) => mutant !== regex);
}

/** Whether the rule's own examples tell the regex from the right one. */
function isCaught(
  rule: CompiledRule,
  regex: string,
  match: readonly string[],
  noMatch: readonly string[],
): boolean {
  try {
    const scanner = createScanner(
      { version: 1, digest: 'mutant', rules: [{ ...rule, regex }] },
      createRe2Regex,
    );
    return (
      match.some((text) => scanner.scan([text]).length === 0) ||
      noMatch.some((text) => scanner.scan([text]).length > 0)
    );
  } catch {
    return true;
  }
}

describe('the examples of the rules', () => {
  it('tell the rules from nineteen of twenty mutants', { timeout: 60_000 }, () => {
    const survivors: string[] = [];
    let tried = 0;
    for (const { name, source } of sources) {
      const rule = rules.get(name);
      if (rule === undefined) continue;
      const { match, noMatch } = source.examples;
      const mutants = mutationsOf(rule.regex);
      for (const mutant of mutants)
        if (!isCaught(rule, mutant, match, noMatch)) survivors.push(`${name}: ${mutant}`);
      tried += mutants.length;
      expect(isCaught(rule, rule.regex, match, noMatch), name).toBe(false);
    }
    // What survives changes one of several alternatives of which no example speaks; the pack's digest catches even that.
    expect(survivors.length / tried, survivors.join('\n')).toBeLessThan(0.05);
  });
});
