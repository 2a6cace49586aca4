import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { RuleBook } from '../../../functions/alerts/domain/rule-book.ts';
import { firesAt, type WindowEvent } from '../../../functions/alerts/domain/sigma/window.ts';
import { compileRules } from '../../../scripts/alerts/compile-rules.ts';
import { GENERATED_CASES, oracleCases, type OracleCase } from '../../support/sigma-oracle/cases.ts';
import { createRandom } from '../../support/fleet/random.ts';

const FILE = path.resolve(import.meta.dirname, '../../support/sigma-oracle/expected.json');
const cases = await oracleCases();
const expected = JSON.parse(await readFile(FILE, 'utf8')) as string[][][];

/** What matches and what fires at each event, when the events come in the given order. */
function ours({ rules, events }: OracleCase, order: readonly number[]): string[][] {
  const compiled = compileRules([{ name: 'case', text: rules }], () => false);
  if ('problems' in compiled) throw new Error(JSON.stringify(compiled.problems));
  const book = new RuleBook(compiled.rules);
  // Every detection shows as an alert, so that it can be compared.
  const shown = new RuleBook(
    compiled.rules.map((rule) => ({
      ...rule,
      alert: {
        severity: 'LOW' as const,
        route: 'r',
        channels: ['sns' as const],
        groupBy: [],
        waitMs: 0,
        intervalMs: 1,
        summary: '',
        done: '',
        next: '',
      },
    })),
  );
  const windows = new Map<string, WindowEvent[]>();
  const found = events.map(() => new Set<string>());
  for (const index of order) {
    const one = events[index];
    if (!one) throw new Error('no event');
    const event = { id: String(index).padStart(6, '0'), at: one.at * 1000, fields: one.event };
    for (const { rule } of shown.match(event).alerts) found[index]?.add(rule);
    for (const { rule, key, entry } of book.match(event).windows) {
      const window = windows.get(key) ?? [];
      window.push(entry);
      windows.set(key, window);
      for (const { id } of firesAt(rule, window, entry)) found[Number(id)]?.add(rule.name);
    }
  }
  return found.map((names) => [...names].sort());
}

describe('our evaluation of Sigma agrees with rsigma', () => {
  const forwards = (one: OracleCase) => one.events.map((_, index) => index);

  test('on every generated case and on the rules that come with the project', () => {
    expect(cases.length).toBeGreaterThan(GENERATED_CASES);
    expect(expected).toHaveLength(cases.length);
    expect(expected.flat(2).length).toBeGreaterThan(1_000);
    expect(expected.flat().some((names) => names.includes('correlation'))).toBe(true);
    const differing = cases.flatMap((one, index) => {
      const mine = ours(one, forwards(one));
      return JSON.stringify(mine) === JSON.stringify(expected[index])
        ? []
        : [{ index, mine, oracle: expected[index], one }];
    });
    expect(differing.slice(0, 1)).toEqual([]);
  });

  test('and whatever the order in which the events come, where a count only grows', () => {
    const random = createRandom(3);
    for (const [index, one] of cases.entries()) {
      // More events can end what `lt`, `lte` and `eq` say; those fire on what was known when an event came.
      if (/"(lt|lte|eq)":/.test(one.rules) && one.rules.includes('"correlation":')) continue;
      const order = forwards(one)
        .map((at) => ({ at, by: random.next() }))
        .sort((a, b) => a.by - b.by)
        .map(({ at }) => at);
      expect(ours(one, order)).toEqual(expected[index]);
    }
  });
});
