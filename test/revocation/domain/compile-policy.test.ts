import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { compilePolicy } from '../../../functions/revocation/domain/compile-policy.ts';

const FILE = 'patterns/response.yaml';
const GOOD = readFileSync(path.resolve(import.meta.dirname, '../../..', FILE), 'utf8');
const KNOWN = { providers: new Set(['aws', 'stripe']), secretTypes: new Set(['stripe-secret-key']) };

/** @returns the lines that the change is refused with */
function refusals(from: string | RegExp, to: string): readonly string[] {
  const text = GOOD.replace(from, to);
  expect(text, String(from)).not.toBe(GOOD);
  const compiled = compilePolicy(FILE, text, KNOWN);
  return compiled.ok ? [] : compiled.error;
}

describe('the policy file', () => {
  test('that comes with the system compiles', () => {
    expect(compilePolicy(FILE, GOOD, KNOWN)).toMatchObject({ ok: true, value: { version: 1 } });
  });

  const line = (text: string) => GOOD.split('\n').findIndex((each) => each.includes(text)) + 1;

  test.each<[what: string, from: string | RegExp, to: string, at: number, says: string]>([
    [
      'is no YAML',
      '- name: minor',
      '\t- name: minor',
      line('- name: minor'),
      'is no YAML: Tabs are not allowed',
    ],
    [
      'says a thing twice',
      'limit:',
      'limit: {}\nlimit:',
      line('limit:'),
      'is no YAML: Map keys must be unique',
    ],
    ['is empty', /[^]*/, '', 1, 'the policy: must be a group of settings'],
    ['is of another version', 'version: 1', 'version: 2', line('version'), 'version: must be 1'],
    [
      'misspells a setting',
      'revocationsPerHour',
      'revocationPerHour',
      line('revocationsPerHour'),
      'limit: there is no revocationPerHour here: correct the name',
    ],
    [
      'lacks a setting',
      / {4}why: break.*\n/,
      '',
      line('- provider: aws'),
      'protected.0.why: is missing: write a text',
    ],
    [
      'has a word for a number',
      'PerHour: 20',
      'PerHour: many',
      line('PerHour'),
      'limit.revocationsPerHour: must be a number',
    ],
    [
      'has part of a revocation',
      'PerHour: 20',
      'PerHour: 1.5',
      line('PerHour'),
      'limit.revocationsPerHour: must be a whole number',
    ],
    [
      'allows more than may be allowed',
      'PerHour: 20',
      'PerHour: 201',
      line('PerHour'),
      'limit.revocationsPerHour: must be at most 200',
    ],
    [
      'allows less than nothing',
      'PerHour: 20',
      'PerHour: -1',
      line('PerHour'),
      'limit.revocationsPerHour: must be at least 0',
    ],
    [
      'gives people no time',
      'Minutes: 240',
      'Minutes: 0',
      line('Minutes'),
      'approval.expiresMinutes: must be at least 1',
    ],
    [
      'gives people more than a day',
      'Minutes: 240',
      'Minutes: 1441',
      line('Minutes'),
      'approval.expiresMinutes: must be at most 1440',
    ],
    [
      'leaves open what silence means',
      'byDefault: reject',
      'byDefault: maybe',
      line('byDefault'),
      'approval.byDefault: must be one of approve, reject',
    ],
    [
      'names a stage that is none',
      'dryRun: []',
      'dryRun: [staging]',
      line('dryRun'),
      'dryRun.0: must be one of local, dev, prod',
    ],
    [
      'names a response that is none',
      'response: notify_only',
      'response: kill',
      line('response: notify'),
      'rules.0.response: must be one of auto, approve_first, notify_only',
    ],
    [
      'names no provider where it begins to',
      '[stripe]',
      '[]',
      line('[stripe]'),
      'rules.1.providers: holds nothing',
    ],
    [
      'names a provider that is none',
      '[stripe]',
      '[strip]',
      line('[stripe]'),
      'rules.1.providers.0: no provider strip is revoked here: there are aws, stripe',
    ],
    [
      'protects at a provider that is none',
      '- provider: aws',
      '- provider: awss',
      line('- provider: aws'),
      'protected.0.provider: no provider awss is revoked here',
    ],
    [
      'names a type of secret that is none',
      'providers: [stripe]',
      'secretTypes: [stripe-key]',
      line('[stripe]'),
      'rules.1.secretTypes.0: no type of secret stripe-key',
    ],
    [
      'protects everybody',
      'break-glass*',
      '"*"',
      line('break-glass*'),
      'protected.0.principal: a star may stand at the end only',
    ],
    [
      'protects nobody',
      / {4}principal: break-glass.*\n/,
      '',
      line('- provider: aws'),
      'protected.0: says of nobody that it is protected',
    ],
  ])('that %s is refused by its line, the reason and what to write instead', (_, from, to, at, says) => {
    const [first = '', ...more] = refusals(from, to);
    const said = [first, ...more].find((each) => each.includes(says)) ?? first;
    // A group that a line was put before, or taken out of, is found by its own line or the one beside it.
    expect(said.replace(/:\d+:/, ':')).toContain(`${FILE}: ${says}`);
    expect(Math.abs(Number(/:(\d+):/.exec(said)?.[1]) - at)).toBeLessThanOrEqual(1);
  });

  test('is never quoted as a whole, and every refusal is one line', () => {
    for (const each of refusals('revocationsPerHour: 20', 'revocationsPerHour: [1, 2]'))
      expect(each).not.toMatch(/\n/);
  });
});
