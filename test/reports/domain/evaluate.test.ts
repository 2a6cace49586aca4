import fc from 'fast-check';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import {
  Evaluation,
  FAILURES_KEPT,
  readOn,
  SAMPLE_SIZE,
  type TestResult,
} from '../../../functions/reports/domain/evaluate.ts';
import type { Configuration } from '../../../functions/reports/domain/facts.ts';
import { frameworksFile, type TestDefinition } from '../../../functions/reports/domain/framework.ts';
import type { LogEntry } from '../../../functions/reports/domain/log-entry.ts';
import compiled from '../../../functions/reports/frameworks.json' with { type: 'json' };
import { anEntry, DAY, HOUR, MINUTE, PERIOD } from '../support/entries.ts';
import { worldsOf } from '../support/worlds.ts';

const about = {
  title: 'a',
  question: 'b',
  population: 'c',
  remediation: 'd',
  empty: 'not_applicable' as const,
};
const every = (rule: Omit<Extract<TestDefinition, { every: unknown }>['every'], 'of'>): TestDefinition => ({
  ...about,
  every: { of: { type: ['finding'] }, ...rule },
});
const never: TestDefinition = {
  ...about,
  never: { of: { type: ['finding'], where: { actor: ['eve'] } }, among: { type: ['finding'] } },
};
const follows: TestDefinition = {
  ...about,
  follows: {
    trigger: { type: ['finding'] },
    response: { type: ['revocation'] },
    same: 'subject',
    within: HOUR,
  },
};
const recurs: TestDefinition = { ...about, recurs: { of: { type: ['report'] }, within: 30 * DAY } };
const fact: TestDefinition = { ...about, fact: { name: 'key.enabled', is: [true] } };

const NO_FACTS: Configuration = { facts: [], unread: [] };
function run(
  definition: TestDefinition,
  entries: readonly LogEntry[],
  { readUntil = PERIOD.until + DAY, missing }: { readUntil?: number; missing?: string } = {},
  configuration: Configuration | { missing: string } = NO_FACTS,
): TestResult {
  const evaluation = new Evaluation({ one: definition }, PERIOD, 'seed', configuration);
  for (const entry of entries) evaluation.take(entry);
  const [result] = evaluation.end({ readUntil, ...(missing !== undefined && { missing }) });
  if (result === undefined) throw new Error('No result.');
  return result;
}

const LENGTH = PERIOD.until - PERIOD.from;
const answer = (seq: number, afterMs: number, subject = 'agent-7') =>
  anEntry(seq, afterMs, { type: 'revocation', subject });

describe('a period', () => {
  test('begins with its first millisecond and is over before its last', () => {
    const entries = [-1, 0, LENGTH - 1, LENGTH].map((after, seq) => anEntry(seq, after));
    expect(run(every({ present: ['actor'] }), entries)).toMatchObject({ population: 2, sample: [1, 2] });
  });

  test('holds no entry whose time nobody can read', () => {
    expect(run(every({ present: ['actor'] }), [anEntry(0, 0, { time: 'soon' })]).population).toBe(0);
  });

  test('is read on for as long as the longest response may take', () => {
    expect(readOn({ follows, recurs })).toBe(HOUR);
    expect(readOn({ recurs })).toBe(0);
  });
});

describe('every', () => {
  test.each([
    ['a value that is none of those', { has: { actor: ['ada', 'bob'] } }, {}, 'actor is not ada or bob'],
    ['a member that is not there', { present: ['data.rule'] }, {}, 'data.rule is missing'],
    ['one that is empty', { present: ['data.rule'] }, { data: { rule: '' } }, 'data.rule is missing'],
    [
      'a list without anything',
      { present: ['data.tests'] },
      { data: { tests: [] } },
      'data.tests is missing',
    ],
    [
      'two that are the same',
      { differ: ['actor', 'subject'] as [string, string] },
      { actor: 'ada', subject: 'ada' },
      'actor and subject are the same',
    ],
  ])('says what is wrong with an entry: %s', (_, rule, changes, why) => {
    expect(run(every(rule), [anEntry(4, MINUTE, changes)])).toMatchObject({
      verdict: 'failed',
      failed: 1,
      failures: [{ seq: 4, subject: anEntry(4, 0, changes).subject, why }],
    });
  });

  test('takes false and 0 as values, and not as missing', () => {
    const entries = [anEntry(0, 0, { data: { mfa: false, exit_code: 0 } })];
    expect(run(every({ present: ['data.mfa', 'data.exit_code'] }), entries).verdict).toBe('passed');
  });

  test('names a thousand failures at most, the first of the log, and counts them all', () => {
    const entries = Array.from({ length: 3 * FAILURES_KEPT }, (_each, seq) => anEntry(seq, seq));
    const result = run(every({ present: ['data.rule'] }), entries.toReversed());
    expect(result.failed).toBe(3 * FAILURES_KEPT);
    expect(result.failures.map(({ seq }) => seq)).toEqual(
      Array.from({ length: FAILURES_KEPT }, (_, seq) => seq),
    );
    expect(result.sample).toHaveLength(SAMPLE_SIZE);
  });
});

describe('never', () => {
  test('counts what there may be none of, among all that could have been', () => {
    const entries = [anEntry(0, 0), anEntry(1, 1, { actor: 'eve' }), anEntry(2, 2)];
    expect(run(never, entries)).toMatchObject({
      verdict: 'failed',
      population: 3,
      failed: 1,
      failures: [{ seq: 1, subject: 'agent-7' }],
    });
    expect(run(never, entries.toSpliced(1, 1))).toMatchObject({ verdict: 'passed', population: 2 });
  });

  test('has nothing to say where there is nothing among which it could have been', () => {
    expect(run(never, [anEntry(0, 0, { type: 'review' })])).toMatchObject({
      verdict: 'not_applicable',
      population: 0,
    });
  });
});

describe('follows', () => {
  test('takes an answer at the same instant, and in the last millisecond', () => {
    for (const after of [0, HOUR])
      expect(run(follows, [anEntry(0, MINUTE), answer(1, MINUTE + after)]).verdict).toBe('passed');
  });

  test('takes no answer from before, nor about something else, nor too late, and says how late', () => {
    expect(run(follows, [answer(0, 0), anEntry(1, 1)]).failures).toEqual([
      { seq: 1, subject: 'agent-7', why: 'nothing followed within 1 hour' },
    ]);
    expect(run(follows, [anEntry(0, 0), answer(1, 1, 'agent-8')]).verdict).toBe('failed');
    expect(run(follows, [anEntry(0, 0), answer(1, HOUR + 1)]).failures[0]?.why).toBe(
      'it took 61 minutes, more than 1 hour',
    );
  });

  test('finds the answer however the log has ordered it', () => {
    expect(run(follows, [answer(0, 2 * MINUTE), anEntry(1, MINUTE)]).verdict).toBe('passed');
  });

  test('lets one answer stand for all that came before it', () => {
    expect(run(follows, [anEntry(0, 0), anEntry(1, 1), answer(2, 2)])).toMatchObject({
      verdict: 'passed',
      population: 2,
    });
  });

  test('reads answers after the period, and asks about nothing that begins there', () => {
    const last = anEntry(0, LENGTH - 1);
    expect(run(follows, [last, answer(1, LENGTH + MINUTE), anEntry(2, LENGTH)])).toMatchObject({
      verdict: 'passed',
      population: 1,
    });
  });

  test('leaves open what has time left where the log ends, and says how many', () => {
    const entries = [anEntry(0, 0), answer(1, MINUTE), anEntry(2, DAY, { subject: 'agent-9' })];
    const until = (ms: number) => run(follows, entries, { readUntil: PERIOD.from + ms });
    expect(until(DAY + HOUR)).toMatchObject({ verdict: 'passed', pending: 1, failed: 0 });
    expect(until(DAY + HOUR).note).toMatch(/^1 of 2 /);
    expect(until(DAY + HOUR + 1)).toMatchObject({ verdict: 'failed', pending: 0, failed: 1 });
    expect(run(follows, entries.slice(2), { readUntil: PERIOD.from + DAY }).verdict).toBe('not_applicable');
  });

  test('fails what does not say to what it belongs: nothing can follow it', () => {
    const definition: TestDefinition = {
      ...about,
      follows: { ...follows.follows, same: 'data.details.fingerprint' },
    };
    const entries = [anEntry(3, 0), answer(4, 1), anEntry(5, 2, { data: { details: { fingerprint: '' } } })];
    expect(run(definition, entries, { readUntil: PERIOD.from + 1 })).toMatchObject({
      verdict: 'failed',
      failed: 2,
      failures: [
        { seq: 3, subject: 'entry 3', why: 'it has no data.details.fingerprint' },
        { seq: 5, subject: 'entry 5' },
      ],
    });
  });

  test('keeps values of different kinds apart', () => {
    const definition: TestDefinition = { ...about, follows: { ...follows.follows, same: 'data.n' } };
    const entries = [anEntry(0, 0, { data: { n: 1 } }), { ...answer(1, 1), data: { n: '1' } }];
    expect(run(definition, entries).verdict).toBe('failed');
  });
});

describe('recurs', () => {
  const reports = (...days: number[]) => days.map((day, seq) => anEntry(seq, day * DAY, { type: 'report' }));

  test('passes where no gap is longer, at the beginning and at the end as well', () => {
    expect(run(recurs, reports(30, 60, 90)).verdict).toBe('passed');
    expect(run(recurs, reports(31, 60, 90)).failures).toEqual([
      { subject: '2026-07-01T00:00:00.000Z', why: 'nothing for 31 days, until 2026-08-01T00:00:00.000Z' },
    ]);
    expect(run(recurs, reports(20, 50)).failures[0]?.subject).toBe('2026-08-20T00:00:00.000Z');
  });

  test('ends with the log where that ends before the period', () => {
    expect(run(recurs, reports(20, 50), { readUntil: PERIOD.from + 80 * DAY }).verdict).toBe('passed');
  });
});

describe('fact', () => {
  const facts = (...values: boolean[]): Configuration => ({
    facts: [
      ...values.map((value, index) => ({ name: 'key.enabled' as const, subject: `key-${index}`, value })),
      { name: 'key.rotates', subject: 'key-0', value: false },
    ],
    unread: [],
  });
  const unread = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      name: 'key.enabled' as const,
      subject: `key-${index + 7}`,
      unread: 'AccessDenied',
    }));

  test('looks at every thing that has the setting, and at no other setting', () => {
    expect(run(fact, [], {}, facts(true, true))).toMatchObject({ verdict: 'passed', population: 2 });
    expect(run(fact, [], {}, facts(true, false)).failures).toEqual([
      { subject: 'key-1', why: 'it is false, not true' },
    ]);
    expect(run(fact, [], {}, facts())).toMatchObject({ verdict: 'not_applicable', population: 0 });
  });

  test('is incomplete, never passed, where one could not be read, and names it', () => {
    const result = run(fact, [], {}, { ...facts(true), unread: unread(5) });
    expect(result.verdict).toBe('incomplete');
    expect(result.note).toBe(
      'Could not be read: key-7 (AccessDenied), key-8 (AccessDenied), key-9 (AccessDenied) and 2 more.',
    );
    expect(run(fact, [], {}, { ...facts(false), unread: unread(1) }).verdict).toBe('failed');
    expect(run(fact, [], {}, { missing: 'AccessDenied' })).toMatchObject({ verdict: 'incomplete' });
  });

  test('wants numbers within their bounds, both inclusive', () => {
    const ages: TestDefinition = {
      ...about,
      fact: { name: 'managed-secret.age-days', at_least: 1, at_most: 90 },
    };
    const aged = (value: number | string): Configuration => ({
      facts: [{ name: 'managed-secret.age-days', subject: 's', value }],
      unread: [],
    });
    expect([1, 90].map((value) => run(ages, [], {}, aged(value)).verdict)).toEqual(['passed', 'passed']);
    expect(run(ages, [], {}, aged(91)).failures).toEqual([{ subject: 's', why: 'it is 91, more than 90' }]);
    expect([0.5, '7'].map((value) => run(ages, [], {}, aged(value)).verdict)).toEqual(['failed', 'failed']);
  });
});

test('a log that could not be read to its end passes nothing, and what failed before that has failed', () => {
  const missing = 'a bundle is damaged';
  const result = run(every({ present: ['actor'] }), [anEntry(0, 0)], { missing });
  expect(result).toMatchObject({ verdict: 'incomplete', population: 1 });
  expect(result.note).toContain(missing);
  expect(run(every({ present: ['data.rule'] }), [anEntry(0, 0)], { missing }).verdict).toBe('failed');
  expect(run(fact, [], { missing }).verdict).toBe('not_applicable');
});

describe('the order in which entries come', () => {
  const { tests } = frameworksFile.parse(compiled);
  /** What every test asks about, in all its worlds, at different moments of the period. */
  const everything = Object.values(tests)
    .flatMap((definition) => worldsOf(definition).flatMap(({ entries }) => entries))
    .map((entry, seq) => ({ ...entry, seq, time: anEntry(0, ((seq * 7919) % 2000) * HOUR + seq).time }));
  const results = (entries: readonly LogEntry[]) => {
    const evaluation = new Evaluation(tests, PERIOD, 'seed', NO_FACTS);
    for (const entry of entries) evaluation.take(entry);
    return evaluation.end({ readUntil: PERIOD.until });
  };

  test('never changes what a test answers', () => {
    const expected = results(everything);
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 50, maxLength: 500 }), (ranks) => {
        const drawn = everything.map((entry, index) => ({ entry, rank: ranks[index % ranks.length] ?? 0 }));
        const shuffled = drawn.sort((a, b) => a.rank - b.rank).map(({ entry }) => entry);
        expect(results(shuffled)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });
});

describe('memory', () => {
  setFlagsFromString('--expose-gc');
  const collector: unknown = runInNewContext('gc');
  function collect(): void {
    if (typeof collector !== 'function') throw new Error('The garbage collector cannot be asked.');
    Reflect.apply(collector, undefined, []);
  }
  const { tests } = frameworksFile.parse(compiled);
  const COUNT = 100_000;
  /** Bytes that stay on the heap for each entry, under all tests at once. */
  function bytesFor(entryOf: (seq: number) => LogEntry): number {
    const evaluation = new Evaluation(tests, PERIOD, 'seed', NO_FACTS);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let seq = 0; seq < COUNT; seq += 1) evaluation.take(entryOf(seq));
    collect();
    const bytes = (process.memoryUsage().heapUsed - before) / COUNT;
    expect(evaluation.end({ readUntil: PERIOD.until }).length).toBeGreaterThan(0);
    return bytes;
  }

  test('holds a time of an entry that begins nothing', () => {
    expect(bytesFor((seq) => anEntry(seq, seq, { type: 'code.execution' }))).toBeLessThan(24);
  });

  test('holds a place, a time and a key of an entry that begins something, for each test about it', () => {
    const dearest = (seq: number): LogEntry =>
      anEntry(seq, seq, {
        type: 'rotation',
        data: { step: 'planned', rotation_id: `rot_${seq}`, details: { trigger: 'leak' } },
      });
    expect(bytesFor(dearest)).toBeLessThan(400);
  });
});
