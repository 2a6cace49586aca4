import { describe, expect, test } from 'vitest';
import { assemble } from '../../../functions/reports/domain/assemble.ts';
import { Evaluation, type TestResult } from '../../../functions/reports/domain/evaluate.ts';
import { frameworksFile, type TestDefinition } from '../../../functions/reports/domain/framework.ts';
import type { Verdict } from '../../../functions/reports/domain/evaluate.ts';
import compiled from '../../../functions/reports/frameworks.json' with { type: 'json' };
import { worldsOf, type World } from '../support/worlds.ts';

const { frameworks, tests } = frameworksFile.parse(compiled);

function answer(id: string, definition: TestDefinition, world: World): TestResult {
  const evaluation = new Evaluation({ [id]: definition }, world.period, 'a seed', world.configuration);
  for (const entry of world.entries) evaluation.take(entry);
  const [result] = evaluation.end({ readUntil: world.readUntil });
  if (result === undefined) throw new Error('No result.');
  return result;
}

const table = Object.entries(tests).flatMap(([id, definition]) =>
  worldsOf(definition).map((world) => [id, world.name, world.verdict, definition, world] as const),
);

describe('each test', () => {
  test.each(table)('%s: %s, it has %s', (id, _name, verdict, definition, world) => {
    expect(answer(id, definition, world)).toMatchObject({ id, verdict });
  });

  test('there are a test of every kind, and at least thirty', () => {
    expect(Object.keys(tests).length).toBeGreaterThanOrEqual(30);
    for (const kind of ['every', 'never', 'follows', 'recurs', 'fact'])
      expect(Object.values(tests).some((definition) => kind in definition)).toBe(true);
  });
});

/** By verdict, a result of each test that can have it. */
function resultsOf(verdict: World['verdict']): ReadonlyMap<string, TestResult> {
  return new Map(
    Object.entries(tests).flatMap(([id, definition]) => {
      const found = worldsOf(definition).find((world) => world.verdict === verdict);
      return found === undefined ? [] : [[id, answer(id, definition, found)] as const];
    }),
  );
}

const passing = resultsOf('passed');
const failing = resultsOf('failed');
const notApplicable = resultsOf('not_applicable');
const incomplete = resultsOf('incomplete');

describe.each(frameworks)('$title', (framework) => {
  const verdictWith = (control: string, results: ReadonlyMap<string, TestResult>): Verdict | undefined => {
    const report = assemble(framework, tests, {
      results: [...new Map([...passing, ...results]).values()],
      evidence: new Map(),
      exceptions: [],
      deployment: 'dev',
      period: { from: 0, until: 1, timeZone: 'UTC' },
      generatedAt: 1,
      log: { origin: 'o', size: 0, rootHash: '', checkpoint: '' },
      sources: [],
      entries: 0,
      incidents: [],
      days: [],
      facts: [],
    });
    return report.controls.find(({ id }) => id === control)?.verdict;
  };
  const only = (id: string, from: ReadonlyMap<string, TestResult>): ReadonlyMap<string, TestResult> =>
    new Map([...from].filter(([each]) => each === id));

  test.each(framework.controls)(
    '$id passes, fails by each of its tests, and can be inapplicable',
    (control) => {
      if (control.tests.length === 0) {
        expect(verdictWith(control.id, failing)).toBe('not_covered');
        return;
      }
      expect(verdictWith(control.id, passing)).toBe('passed');
      for (const id of control.tests) expect(verdictWith(control.id, only(id, failing))).toBe('failed');
      for (const id of control.tests.filter((each) => incomplete.has(each)))
        expect(verdictWith(control.id, only(id, incomplete))).toBe('incomplete');
      // A control with a test for which having nothing is a failure is never inapplicable.
      const never = control.tests.some((id) => tests[id]?.empty === 'failed');
      expect(verdictWith(control.id, notApplicable)).toBe(never ? 'passed' : 'not_applicable');
    },
  );
});
