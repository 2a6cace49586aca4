import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parse, stringify } from 'yaml';
import { compilePolicy, describePolicyProblem } from '../../../scripts/audit/compile-policy.ts';
import { projectPolicy } from '../support/intake-world.ts';

const NAME = 'patterns/audit.yaml';
const looksSecret = (text: string) => text.includes('SECRET');
let text: string;
beforeAll(async () => {
  text = await readFile(path.resolve(import.meta.dirname, '../../..', NAME), 'utf8');
});

const compile = (source: string) => compilePolicy({ name: NAME, text: source }, looksSecret);
/** The project's policy with one line of it changed, and what is then said of it. */
const said = (from: string, to: string): readonly string[] => {
  expect(text).toContain(from);
  const compiled = compile(text.replace(from, to));
  return 'problems' in compiled ? compiled.problems.map(describePolicyProblem) : [];
};

describe('the policy of the audit log', () => {
  test('is what functions and constructs read', () => {
    expect(compile(text)).toEqual({ policy: projectPolicy });
  });

  test.each([
    [
      'a setting that is none',
      'sweep_every: 24h',
      'sweep_evry: 24h',
      /maintenance\.sweep_evry: there is no such setting.*Take it out/,
    ],
    ['a duration that is none', 'beside: 30d', 'beside: 30', /:\d+ retention\.beside: .*(duration|string)/],
    [
      'a level that is none',
      'level: comprehensive',
      'level: full',
      /level: is none.*minimal, basic, comprehensive/,
    ],
    [
      'a kind that stands in no level',
      '    - container.creation\n',
      '',
      /levels: container\.creation stands in no level/,
    ],
    [
      'a kind that stands in two',
      '    - container.creation\n',
      '    - container.creation\n    - finding\n',
      /levels\.comprehensive\.2: finding stands in minimal already/,
    ],
    [
      'a kind that is none',
      '    - container.creation\n',
      '    - container.created\n',
      /levels\.comprehensive\.1: is none of what can stand here/,
    ],
    [
      'an act of the system switched off',
      'keep_beside: 90d',
      'record: false',
      /events\.administrative\.access\.record: this kind is always recorded/,
    ],
    [
      'a threshold that can never be reached',
      'level: comprehensive',
      'level: minimal',
      /thresholds\.1\.type: resource\.violation is not recorded/,
    ],
    [
      'two thresholds of one name',
      'name: resource-violations',
      'name: denied-access',
      /thresholds\.1\.name: another/,
    ],
    [
      'a window that no alarm can count',
      'within: 10m',
      'within: 90s',
      /thresholds\.1\.within: .*whole minutes/,
    ],
    [
      'hours where storage counts in days',
      'staged_kept: 7d',
      'staged_kept: 36h',
      /storage\.staged_kept: storage counts in whole days/,
    ],
    ['an outbox that forgets too soon', 'outbox: 30d', 'outbox: 7d', /retention\.outbox: .*18 days/],
    [
      'a batch that does not fit its memory',
      'bytes: 8388608\n  memory_mb: 512',
      'bytes: 67108864\n  memory_mb: 256',
      /batching\.memory_mb: .*384 or more/,
    ],
    [
      'a check each second',
      'integrity_check_every: 6h',
      'integrity_check_every: 1s',
      /chain\.integrity_check_every/,
    ],
    [
      'a witness without a key',
      'witnesses: []',
      'witnesses: [{ url: "http://w.example", key: "x" }]',
      /witnesses\.0\.key: .*Ask whoever/,
    ],
    ['a tag that is none', "'gdpr:Art.32'", 'gdpr', /tags/],
    [
      'a credential',
      'impact: A leaked',
      'impact: SECRET',
      /thresholds\.2\.impact: holds what looks like a credential/,
    ],
    ['no YAML', 'version: 1', 'version: [1', /patterns\/audit\.yaml:\d+/],
  ])('refuses %s', (_, from, to, expected) => {
    const problems = said(from, to);
    expect(problems.join('\n')).toMatch(expected);
    for (const problem of problems) expect(problem).toMatch(/^patterns\/audit\.yaml(:\d+)? \S+: .+\. .+\.$/);
  });

  test('has no section that may be missing', () => {
    const whole = z.record(z.string(), z.unknown()).parse(parse(text));
    for (const section of Object.keys(whole)) {
      const without = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== section));
      const compiled = compile(stringify(without));
      expect('problems' in compiled && compiled.problems[0]?.path, section).toBe(section);
    }
  });
});
