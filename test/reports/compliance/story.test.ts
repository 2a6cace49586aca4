import { describe, expect, test } from 'vitest';
import { assemble } from '../../../functions/reports/domain/assemble.ts';
import { Evaluation, readOn } from '../../../functions/reports/domain/evaluate.ts';
import type { Configuration } from '../../../functions/reports/domain/facts.ts';
import { frameworksFile } from '../../../functions/reports/domain/framework.ts';
import { Incidents } from '../../../functions/reports/domain/incidents.ts';
import type { LogEntry } from '../../../functions/reports/domain/log-entry.ts';
import compiled from '../../../functions/reports/frameworks.json' with { type: 'json' };
import { HOUR, PERIOD } from '../support/entries.ts';
import { configurationOf, storyOf } from '../support/story.ts';

const { frameworks, tests } = frameworksFile.parse(compiled);

function reportsOn(entries: readonly LogEntry[], configuration: Configuration = configurationOf()) {
  const evaluation = new Evaluation(tests, PERIOD, 'seed', configuration);
  const incidents = new Incidents(PERIOD);
  for (const entry of entries) {
    evaluation.take(entry);
    incidents.take(entry);
  }
  const results = evaluation.end({ readUntil: PERIOD.until + readOn(tests) });
  return frameworks.map((framework) =>
    assemble(framework, tests, {
      ...{ results, evidence: new Map(), exceptions: [], deployment: 'prod', generatedAt: 1 },
      ...{ period: { ...PERIOD, timeZone: 'UTC' }, sources: [], entries: entries.length, days: [] },
      log: { origin: 'o', size: entries.length, rootHash: '', checkpoint: '' },
      incidents: incidents.all(),
      facts: configuration.facts,
    }),
  );
}

/** Of all frameworks, the controls that fail and the tests by which they do. */
function failing(entries: readonly LogEntry[], configuration?: Configuration) {
  const controls = reportsOn(entries, configuration).flatMap((report) => report.controls);
  const failed = controls.filter(({ verdict }) => verdict === 'failed');
  return {
    controls: failed.map(({ id }) => id),
    tests: new Set(
      failed.flatMap((control) =>
        control.tests.flatMap(({ id, verdict }) => (verdict === 'failed' ? [id] : [])),
      ),
    ),
  };
}

describe('a quarter in which all was done in time', () => {
  test('passes every control that can be shown, in every framework', () => {
    for (const report of reportsOn(storyOf())) {
      const { passed, not_covered: notCovered, ...others } = report.verdicts;
      expect(others).toEqual({ failed: 0, incomplete: 0, not_applicable: 0 });
      expect(passed + notCovered).toBe(report.controls.length);
    }
  });

  test('has one incident, with everything that became of it', () => {
    const [report] = reportsOn(storyOf());
    expect(report?.incidents).toHaveLength(1);
    for (const moment of [
      'containedAt',
      'revokedAt',
      'provenDeadAt',
      'replacedAt',
      'reviewedAt',
      'notifiedAt',
    ])
      expect(report?.incidents[0]).toHaveProperty(moment);
  });
});

describe('the 72 hours of GDPR', () => {
  // The review that confirms the leak is 4 hours after the finding, the notification 26 hours after that.
  test('begin with the review that confirms the leak, and end with their last millisecond', () => {
    expect(failing(storyOf([], { 'breach.notified': 46 * HOUR })).controls).toEqual([]);
    const late = failing(storyOf([], { 'breach.notified': 46 * HOUR + 1 }));
    expect(late.controls).toContain('Art. 33(1)');
    expect([...late.tests]).toEqual(['breach-is-decided-within-72h']);
  });
});

describe.each([
  [
    'nobody revoked',
    ['revocation contained', 'revocation revoked', 'revocation proven_dead', 'revocation manual'],
    ['leak-is-contained-within-1h', 'leak-is-dead-within-24h', 'approval-is-answered'],
    ['3.7.5', '8.6.2', 'CC7.4', 'A.5.26'],
  ],
  [
    'the death was not proven',
    ['revocation proven_dead'],
    ['leak-is-dead-within-24h', 'revocation-is-proven'],
    ['3.7.5', 'CC7.4', '164.308(a)(6)(ii)'],
  ],
  ['nobody was alerted', ['alert'], ['leak-raises-an-alert'], ['10.4.1.1', 'CC7.2', 'A.8.16']],
  [
    'nobody looked',
    ['review', 'review of both'],
    ['leak-is-reviewed', 'handed-over-is-reviewed', 'reappearance-is-reviewed'],
    ['10.4.3', 'CC7.3', 'A.5.25'],
  ],
  [
    'the secret was not replaced',
    ['rotation verified', 'rotation promoted', 'rotation retired', 'rotation completed'],
    ['leaked-secret-is-replaced', 'rotation-ends'],
    ['8.6.3', 'A.5.17'],
  ],
  [
    'the old credential stayed',
    ['rotation retired', 'rotation completed'],
    ['old-credential-is-retired', 'rotation-ends'],
    ['8.6.3', 'CC6.1'],
  ],
  ['an alarm went on', ['end of alarm'], ['alarms-are-cleared'], ['10.7.2', '10.7.3']],
  ['nobody told persons at risk', ['breach.persons_informed'], ['persons-are-informed'], ['Art. 34']],
  ['nothing was written for months', ['deployment'], ['log-is-active'], ['10.2.1', 'A.8.15', '164.312(b)']],
  ['a report was not made', ['report of day 60'], ['reports-recur'], ['10.4.2', '164.308(a)(1)(ii)(D)']],
])('a quarter in which %s', (_, leftOut, byTests, controls) => {
  test('fails by the tests about it and by no other, in the controls that it is about', () => {
    const found = failing(storyOf(leftOut));
    expect([...found.tests].sort()).toEqual([...byTests].sort());
    for (const control of controls) expect(found.controls).toContain(control);
  });
});

test.each([
  ['log.lock-mode', 'GOVERNANCE', ['10.3.2', 'A.5.28', '164.316(b)(2)(i)']],
  ['log.lock-days', 400, ['164.316(b)(2)(i)']],
  ['key.rotates', false, ['3.7.4', 'A.8.24', 'Art. 32(1)(a)']],
  ['managed-secret.age-days', 91, ['8.6.3', '3.7.4']],
  ['bucket.public-access-blocked', false, ['10.3.1', 'CC6.6']],
])('a deployment whose %s is %s fails the controls about it', (name, value, controls) => {
  const found = failing(storyOf(), configurationOf({ [name]: value }));
  for (const control of controls) expect(found.controls).toContain(control);
});

test('an empty quarter passes no control that draws on the log, and says where nothing is a failure', () => {
  for (const report of reportsOn([])) {
    for (const { tests: results } of report.controls)
      for (const { id, verdict } of results) {
        const definition = tests[id];
        if (definition !== undefined && !('fact' in definition))
          expect([id, verdict]).not.toContain('passed');
      }
    expect(report.incidents).toEqual([]);
  }
});
