import { describe, expect, test } from 'vitest';
import { assemble, referredTo, type Findings } from '../../../functions/reports/domain/assemble.ts';
import type { TestResult } from '../../../functions/reports/domain/evaluate.ts';
import { exceptionsFile, type Exception } from '../../../functions/reports/domain/exception.ts';
import type { Framework, TestDefinition } from '../../../functions/reports/domain/framework.ts';
import type { Evidence } from '../../../functions/reports/domain/report.ts';

const definition: TestDefinition = {
  title: 'A',
  question: 'B?',
  population: 'C',
  remediation: 'D',
  empty: 'not_applicable',
  never: { of: { type: ['finding'] }, among: { type: ['review'] } },
};
const definitions = { one: definition, two: definition };
const control = (id: string, tests: string[]) => ({
  ...{ id, tests, title: 'T', requirement: 'R', beyond: 'B', remediation: 'M' },
});
const framework: Framework = {
  id: 'f',
  title: 'F',
  version: '1',
  source: 'https://example.org/',
  controls: [control('1', ['one']), control('2', ['one', 'two']), control('3', [])],
};
const result = (id: string, changes: Partial<TestResult> = {}): TestResult => ({
  ...{ id, verdict: 'passed', population: 3, failed: 0, pending: 0, failures: [], sample: [] },
  ...changes,
});
const failed = result('one', {
  verdict: 'failed',
  failed: 2,
  failures: [
    { seq: 4, subject: 'agent-4', why: 'it happened' },
    { seq: 7, subject: 'agent-7', why: 'it happened' },
  ],
  sample: [7, 9],
});
const exception = (changes: Partial<Exception> = {}): Exception => ({
  ...{ id: 'EX-1', test: 'one', reason: 'Known.', owner: 'Ada' },
  ...{ acceptedOn: '2026-09-01', expiresOn: '2026-12-31' },
  ...changes,
});
const proofOf = (seq: number): Evidence => ({
  ...{ seq, time: '2026-08-10T08:00:00.000Z', type: 'finding', actor: 'a', subject: `agent-${seq}` },
  ...{ leafHash: '00', proof: [] },
});
const findings = (changes: Partial<Findings> = {}): Findings => ({
  deployment: 'dev',
  period: { from: Date.UTC(2026, 6, 1), until: Date.UTC(2026, 9, 1), timeZone: 'UTC' },
  generatedAt: 5,
  log: { origin: 'o', size: 10, rootHash: 'r', checkpoint: 'c' },
  sources: [{ name: 'audit log' }],
  entries: 10,
  incidents: [],
  days: [],
  facts: [{ name: 'key.enabled', subject: 'k', value: true }],
  results: [failed, result('two')],
  evidence: new Map([4, 7, 9].map((seq) => [seq, proofOf(seq)])),
  exceptions: [],
  ...changes,
});
const reportOn = (changes: Partial<Findings> = {}, of: Framework = framework) =>
  assemble(of, definitions, findings(changes));

describe('a report', () => {
  test('says of each control what its tests say together, and of one without tests that it is not covered', () => {
    const report = reportOn();
    expect(report.controls.map(({ verdict }) => verdict)).toEqual(['failed', 'failed', 'not_covered']);
    expect(report.verdicts).toEqual({
      passed: 0,
      failed: 2,
      incomplete: 0,
      not_applicable: 0,
      not_covered: 1,
    });
    const mixed = reportOn({ results: [result('one', { verdict: 'incomplete' }), result('two')] });
    expect(mixed.controls.map(({ verdict }) => verdict)).toEqual(['incomplete', 'incomplete', 'not_covered']);
    const rest = reportOn({ results: [result('one', { verdict: 'not_applicable' }), result('two')] });
    expect(rest.controls.map(({ verdict }) => verdict)).toEqual(['not_applicable', 'passed', 'not_covered']);
  });

  test('shows the evidence of samples and failures, and asks for the proofs of those alone', () => {
    expect(referredTo([failed, result('two', { sample: [1, 9] })])).toEqual([1, 4, 7, 9]);
    const [test] = reportOn().controls[0]?.tests ?? [];
    expect(test?.sampled.map(({ seq }) => seq)).toEqual([7, 9]);
    expect(test?.failing.map(({ evidence }) => evidence?.seq)).toEqual([4, 7]);
  });

  test('is refused where a control names a test that was not run', () => {
    expect(() => reportOn({ results: [failed] })).toThrow('f 2 names the test two, which was not run.');
  });
});

describe('an exception', () => {
  const [first, second] = [
    exception({ subjects: ['agent-4'] }),
    exception({ id: 'EX-2', subjects: ['agent-7'] }),
  ];

  test('takes what it is about out of the verdict, and shows it', () => {
    const report = reportOn({ exceptions: [first, second] });
    const [test] = report.controls[0]?.tests ?? [];
    expect(test).toMatchObject({ verdict: 'passed', accepted: 2, failed: 2 });
    expect(test?.failing.map((failure) => failure.exception)).toEqual(['EX-1', 'EX-2']);
    expect(report.exceptions.map(({ id }) => id)).toEqual(['EX-1', 'EX-2']);
  });

  test('decides nothing as long as something else fails the test', () => {
    expect(reportOn({ exceptions: [first] }).controls[0]).toMatchObject({
      verdict: 'failed',
      tests: [{ accepted: 1 }],
    });
  });

  test('without subjects is about all of the test, those as well that are only counted', () => {
    const many = { ...failed, failed: 5_000 };
    expect(reportOn({ results: [many, result('two')], exceptions: [exception()] }).controls[0]).toMatchObject(
      {
        verdict: 'passed',
        tests: [{ accepted: 5_000 }],
      },
    );
    expect(
      reportOn({ results: [many, result('two')], exceptions: [first, second] }).controls[0]?.verdict,
    ).toBe('failed');
  });

  test.each([
    ['expired before the period was over', { expiresOn: '2026-09-29' }, 'failed'],
    ['holds on its last day', { expiresOn: '2026-09-30' }, 'passed'],
    ['was accepted after the period', { acceptedOn: '2026-10-01' }, 'failed'],
    ['was accepted on its last day', { acceptedOn: '2026-09-30' }, 'passed'],
    ['is about another test', { test: 'two' }, 'failed'],
  ])('that %s', (_, changes, verdict) => {
    const report = reportOn({ exceptions: [exception(changes)] });
    expect(report.controls[0]?.verdict).toBe(verdict);
    expect(report.exceptions).toHaveLength(verdict === 'passed' ? 1 : 0);
  });

  test('lasts for a year at most, and is over after it began', () => {
    const refused = (changes: Partial<Exception>) =>
      exceptionsFile.safeParse({ exceptions: [exception(changes)] }).error?.issues[0];
    expect(refused({})).toBeUndefined();
    expect(refused({ expiresOn: '2027-09-03' })?.path).toEqual(['exceptions', 0, 'expiresOn']);
    expect(refused({ expiresOn: '2026-09-01' })?.message).toMatch(/not after/);
    expect(refused({ acceptedOn: '1 September' })?.path).toEqual(['exceptions', 0, 'acceptedOn']);
  });
});

describe("a report's id", () => {
  test('is the same whenever it is made, and whatever the report before it said', () => {
    const before = { passed: 1, failed: 0, incomplete: 0, not_applicable: 0, not_covered: 0 };
    expect(reportOn({ generatedAt: 9, before }).id).toBe(reportOn().id);
  });

  test.each([
    ['another period', { period: { from: 0, until: 1, timeZone: 'UTC' } }],
    ['another time zone', { period: { ...findings().period, timeZone: 'Europe/Berlin' } }],
    ['another head of the log', { log: { origin: 'o', size: 10, rootHash: 'x', checkpoint: 'c' } }],
    ['another configuration', { facts: [] }],
    ['a source that is missing', { sources: [{ name: 'audit log' as const, missing: 'gone' }] }],
    ['an exception', { exceptions: [exception()] }],
    ['a test whose time was over meanwhile', { results: [failed, result('two', { pending: 1 })] }],
  ])('is another for %s', (_, changes) => {
    expect(reportOn(changes).id).not.toBe(reportOn().id);
  });

  test('is another where the framework or a test of it asks something else', () => {
    expect(reportOn({}, { ...framework, controls: framework.controls.slice(0, 2) }).id).not.toBe(
      reportOn().id,
    );
    const stricter = { ...definitions, two: { ...definition, title: 'Stricter' } };
    expect(assemble(framework, stricter, findings()).id).not.toBe(reportOn().id);
  });
});
