import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { placeholdersOf } from '../../../functions/alerts/domain/labels.ts';
import { ruleSet } from '../../../functions/alerts/domain/sigma/rule.ts';
import { createLeak } from '../../support/fleet/leaks.ts';
import { createRandom } from '../../support/fleet/random.ts';
import { compileRules, describeRuleProblem } from '../../../scripts/alerts/compile-rules.ts';
import { createSecretCheck, readRuleFiles } from '../../../scripts/build-alerts.ts';

const looksSecret = await createSecretCheck();
const tokenOf = (type: 'github-pat') => createLeak(type, createRandom(5)).secrets[0].secret;

function problemsOf(text: string): string[] {
  const compiled = compileRules([{ name: 'x.yml', text }], looksSecret);
  return 'problems' in compiled ? compiled.problems.map(describeRuleProblem) : [];
}

const detection = (more: string, selection = 'event: X') =>
  `title: T\nname: t\nlevel: high\nlogsource:\n  product: shhh\ndetection:\n  sel:\n    ${selection}\n  condition: sel\n${more}`;
const alerting = 'done: d\n  next: n\n  ';

describe('the rules that come with the project', () => {
  test('are what the function carries, and enough of them alert', async () => {
    const compiled = compileRules(await readRuleFiles(), looksSecret);
    if ('problems' in compiled) throw new Error(compiled.problems.map(describeRuleProblem).join('\n'));
    const written: unknown = JSON.parse(
      await readFile(path.resolve(import.meta.dirname, '../../../functions/alerts/rules.json'), 'utf8'),
    );
    expect(written).toEqual(JSON.parse(JSON.stringify(compiled.rules)));
    const alerts = ruleSet.parse(written).flatMap(({ alert }) => alert ?? []);
    expect(alerts.length).toBeGreaterThanOrEqual(12);
    for (const { summary, done, next } of alerts) {
      expect(summary.length * done.length * next.length).toBeGreaterThan(0);
      for (const name of placeholdersOf(summary + done + next)) expect(name).not.toBe('redactedContent');
    }
  });
});

describe('a bad rule is refused with file, line and reason', () => {
  test.each([
    [
      'a template over what may hold a secret',
      detection(`shhh:\n  ${alerting}summary: '{redactedContent}'`),
      /x\.yml:13 t: shhh\.summary: \{redactedContent\} is not on the list/,
    ],
    [
      'a template that holds a secret itself',
      detection(`shhh:\n  ${alerting}summary: 'ask for it with ${tokenOf('github-pat')}'`),
      /x\.yml:13: shhh\.summary: the text holds what looks like a credential/,
    ],
    [
      'an unknown modifier',
      detection('', 'event|sounds: X'),
      /x\.yml:8 t: sel: the modifier `sounds` is not supported/,
    ],
    [
      'a condition over nothing',
      detection('').replace('condition: sel', 'condition: sel and nobody'),
      /x\.yml:9 t: condition: `nobody` is none of/,
    ],
    [
      'an alert without a next step',
      detection("shhh:\n  done: d\n  summary: 's'"),
      /x\.yml:11 t: an alert needs `shhh.next`/,
    ],
    [
      'a regular expression that could take forever',
      detection('', "event|re: '(a+)+$'"),
      /x\.yml:8 t: .*repeats a repetition/,
    ],
    [
      'a window that is no duration',
      'title: T\nname: t\ncorrelation:\n  type: event_count\n  rules: u\n  timespan: soon\n',
      /x\.yml:6 t: correlation\.timespan/,
    ],
    [
      'a correlation type that nothing evaluates',
      'title: T\nname: t\ncorrelation:\n  type: value_sum\n  rules: u\n  timespan: 1m\n',
      /x\.yml:4 t: .*event_count, value_count, temporal and temporal_ordered/,
    ],
    [
      'a rule that is built on none',
      'title: T\nname: t\ncorrelation:\n  type: event_count\n  rules: nobody\n  timespan: 1m\n  condition:\n    gte: 2\n',
      /x\.yml:4 t: there is no rule `nobody`/,
    ],
    [
      'a name twice',
      `${detection('')}---\n${detection('')}`,
      /x\.yml:12 t: there is another rule of this name/,
    ],
    ['no YAML', 'title: [', /x\.yml:1/],
  ])('%s', (_, text, expected) => {
    expect(problemsOf(text).join('\n')).toMatch(expected);
  });
});
