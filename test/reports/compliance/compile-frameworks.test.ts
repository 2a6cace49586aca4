import { beforeAll, describe, expect, test } from 'vitest';
import { keptOut, readComplianceFiles } from '../../../scripts/build-compliance.ts';
import { describePolicyProblem } from '../../../scripts/audit/compile-policy.ts';
import { compileFrameworks, type ComplianceFile } from '../../../scripts/compliance/compile-frameworks.ts';
import exceptions from '../../../functions/reports/exceptions.json' with { type: 'json' };
import frameworks from '../../../functions/reports/frameworks.json' with { type: 'json' };

const looksSecret = (text: string) => text.includes('SECRET');
let files: readonly ComplianceFile[];
beforeAll(async () => {
  files = await readComplianceFiles();
});

/** What is said of the project's files with one text in one of them changed. */
function said(file: string, from: string, to: string): readonly string[] {
  const name = `patterns/compliance/${file}`;
  expect(files.find((each) => each.name === name)?.text).toContain(from);
  const changed = files.map((each) =>
    each.name === name ? { name, text: each.text.replace(from, to) } : each,
  );
  const result = compileFrameworks(changed, looksSecret, keptOut());
  return 'problems' in result ? result.problems.map(describePolicyProblem) : [];
}

describe('the frameworks of reports', () => {
  test('are what is committed', () => {
    expect(compileFrameworks(files, looksSecret, keptOut())).toEqual({
      compiled: { ...frameworks, ...exceptions },
    });
  });

  test('are five, with every control that reports promise', () => {
    const ids = (framework: string) =>
      frameworks.frameworks.find(({ id }) => id === framework)?.controls.map(({ id }) => id) ?? [];
    const covers = (framework: string, ...wanted: string[]) => {
      for (const one of wanted) expect(ids(framework).some((id) => id.startsWith(one))).toBe(true);
    };
    covers(
      'pci-dss-4.0.1',
      '3.6',
      '3.7',
      '8.6.1',
      '8.6.2',
      '8.6.3',
      '10.2',
      '10.3',
      '10.4',
      '10.5',
      '10.7',
      '11.5',
    );
    covers('gdpr', 'Art. 5', 'Art. 25', 'Art. 30', 'Art. 32', 'Art. 33', 'Art. 34');
    covers('soc2', 'CC6.1', 'CC6.6', 'CC6.7', 'CC7.2', 'CC7.3', 'CC7.4');
    covers('iso-27001-2022', 'A.5.7', 'A.5.17', 'A.5.24', 'A.5.25', 'A.5.26', 'A.5.27', 'A.5.28');
    covers('iso-27001-2022', 'A.8.12', 'A.8.15', 'A.8.16', 'A.8.24');
    covers('hipaa', '164.312(b)', '164.312(c)(1)', '164.312(d)', '164.312(e)(1)');
    expect(frameworks.frameworks).toHaveLength(5);
  });
});

/** Of `review-is-reasoned`, whose selection is changed. */
const REVIEWS = 'of: { type: [review] }\n      present: [actor, data.decision, data.reason]';
const TRIGGER = 'trigger: { type: [revocation], where: { data.step: [awaiting_approval] } }';

describe('a test that could never be answered is refused', () => {
  test.each([
    [
      'a kind of entry that there is not',
      REVIEWS,
      REVIEWS.replace('[review]', '[reviews]'),
      /review-is-reasoned\.every\.of: there are no entries of the kind reviews/,
    ],
    [
      'a member that no such entry has',
      REVIEWS,
      REVIEWS.replace('data.reason', 'data.why'),
      /every\.present\.2: no entry of the kind review has data\.why/,
    ],
    [
      'a detail that no such entry has',
      REVIEWS,
      REVIEWS.replace('data.reason', 'data.details.reviewer'),
      /no entry of the kind review has data\.details\.reviewer/,
    ],
    [
      'a member that is none',
      REVIEWS,
      REVIEWS.replace('data.reason', 'reason'),
      /every\.present\.2: is no member of an entry/,
    ],
    [
      'a value that is never said',
      TRIGGER,
      TRIGGER.replace('awaiting_approval', 'awaiting_aproval'),
      /approval-is-answered\.follows\.trigger: no entry of the kind revocation says awaiting_aproval in data\.step/,
    ],
    [
      'a category that is none of ours',
      'data.category: [case.reappeared]',
      'data.category: [case.came-back]',
      /reappearance-is-reviewed\.follows\.trigger: no entry of the kind security\.event says case\.came-back/,
    ],
    [
      'two conditions that never hold together',
      'data.category: [alarm], data.outcome: [ALARM]',
      'data.category: [alarm], data.outcome: [ALARM], data.details.status: [revoked]',
      /no entry of the kind security\.event/,
    ],
    [
      'something in common that one of both lacks',
      'same: data.revocation_id\n      within: 8h',
      'same: data.rotation_id\n      within: 8h',
      /approval-is-answered\.follows\.same: no entry of the kind revocation has data\.rotation_id/,
    ],
    [
      'a member that lies beside the log',
      REVIEWS,
      REVIEWS.replace('data.reason', 'data.details.source_ip'),
      /source_ip lies beside the log, never in an entry/,
    ],
    [
      'a setting that nobody reads',
      'fact: { name: key.enabled, is: [true] }',
      'fact: { name: key.switched-on, is: [true] }',
      /keys-are-enabled\.fact\.name: there is no setting key\.switched-on/,
    ],
    [
      'a setting of another kind',
      'fact: { name: key.enabled, is: [true] }',
      "fact: { name: key.enabled, is: ['yes'] }",
      /keys-are-enabled\.fact\.is: key\.enabled is told as a boolean. Write a boolean/,
    ],
    [
      'bounds of what is no number',
      'fact: { name: key.enabled, is: [true] }',
      'fact: { name: key.enabled, at_least: 1 }',
      /keys-are-enabled\.fact: key\.enabled is a boolean, which is neither more nor less/,
    ],
    [
      'a setting of which nothing is asked',
      'fact: { name: key.enabled, is: [true] }',
      'fact: { name: key.enabled }',
      /wants one of: is, at_least, at_most/,
    ],
    [
      'entries of which nothing is asked',
      REVIEWS,
      'of: { type: [review] }',
      /every: asks nothing of its entries, and would always pass/,
    ],
    ['a length of time that is none', 'within: 8h', 'within: 8', /approval-is-answered\.follows\.within/],
    [
      'a test of two kinds',
      'fact: { name: key.enabled, is: [true] }',
      'fact: { name: key.enabled, is: [true] }\n    never: { of: { type: [review] }, among: { type: [review] } }',
      /keys-are-enabled: wants exactly one of/,
    ],
    [
      'a word that there is not',
      'within: 8h',
      'within: 8h\n      after: 1h',
      /approval-is-answered\.follows: .*\(after\)/,
    ],
    [
      'a credential in a text',
      'title: Every key is in service',
      'title: SECRET',
      /keys-are-enabled\.title: holds what looks like a credential/,
    ],
    ['text that is no YAML', 'tests:\n', 'tests: [\n', /tests\.yaml:\d+ \(root\): /],
  ])('%s', (_, from, to, message) => {
    const problems = said('tests.yaml', from, to);
    expect(problems.join('\n')).toMatch(message);
    for (const problem of problems)
      expect(problem).toMatch(/^patterns\/compliance\/[a-z0-9.-]+\.yaml(:\d+)? \S+: .+\. .+\.$/s);
  });

  test('with the line in which it stands', () => {
    const [problem] = said('tests.yaml', 'name: key.enabled', 'name: key.switched-on');
    const line = files
      .find(({ name }) => name.endsWith('tests.yaml'))
      ?.text.split('\n')
      .findIndex((text) => text.includes('name: key.enabled'));
    expect(problem).toContain(`tests.yaml:${(line ?? 0) + 1} `);
  });
});

describe('a framework is refused', () => {
  test.each([
    [
      'a test that there is not',
      'tests: [keys-rotate, managed-secrets-are-young]',
      'tests: [keys-turn]',
      /controls\.\d+\.tests\.0: there is no test keys-turn/,
    ],
    [
      'the same test twice',
      'tests: [keys-rotate, managed-secrets-are-young]',
      'tests: [keys-rotate, keys-rotate]',
      /keys-rotate stands here twice/,
    ],
    ['the same control twice', "id: '3.6.1'", 'id: 3.6.1.1', /controls\.1\.id: 3\.6\.1\.1 stands here twice/],
    [
      'another name than its file has',
      'id: pci-dss-4.0.1',
      'id: pci-dss-4',
      /id: is not the name of its file/,
    ],
    [
      'no word about what is not shown',
      '    beyond: A record of your organization.\n',
      '',
      /controls\.\d+\.beyond/,
    ],
    [
      'a source that is no address',
      'source: https://www.pcisecuritystandards.org/document_library/',
      'source: the council',
      /source: /,
    ],
  ])('for %s', (_, from, to, message) => {
    expect(said('pci-dss-4.0.1.yaml', from, to).join('\n')).toMatch(message);
  });

  test('where nobody asks for a test', () => {
    expect(said('hipaa.yaml', 'log-is-kept-six-years', 'log-is-kept-a-year').join('\n')).toMatch(
      /tests\.yaml:\d+ tests\.log-is-kept-six-years: no control asks for it/,
    );
  });

  test('where the tests or the exceptions are gone', () => {
    for (const gone of ['tests.yaml', 'exceptions.yaml']) {
      const result = compileFrameworks(
        files.filter(({ name }) => !name.endsWith(`/${gone}`)),
        looksSecret,
        keptOut(),
      );
      expect('problems' in result && result.problems.map(describePolicyProblem)).toEqual([
        `patterns/compliance/${gone} (root): there is no such file. Put it back.`,
      ]);
    }
  });
});

describe('an exception is refused', () => {
  const one = (changes: string) =>
    `exceptions:\n${changes}\n    test: keys-rotate\n    reason: R\n    owner: O\n    acceptedOn: '2026-01-01'\n    expiresOn: '2026-02-01'`;
  test.each([
    [
      'about a test that there is not',
      one('  - id: A').replace('keys-rotate', 'keys-turn'),
      /exceptions\.0\.test: there is no test keys-turn/,
    ],
    [
      'that lasts for more than a year',
      one('  - id: A').replace('2026-02-01', '2027-02-01'),
      /exceptions\.0\.expiresOn: is more than 366 days/,
    ],
    ['without an owner', one('  - id: A').replace('    owner: O\n', ''), /exceptions\.0\.owner/],
  ])('%s', (_, to, message) => {
    expect(said('exceptions.yaml', 'exceptions: []', to).join('\n')).toMatch(message);
  });

  test('not when it is sound', () => {
    expect(said('exceptions.yaml', 'exceptions: []', one('  - id: A'))).toEqual([]);
  });
});
