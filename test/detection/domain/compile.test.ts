import { describe, expect, it } from 'vitest';
import { createRe2Regex } from '../../../functions/detection/adapters/re2-regex.ts';
import { compilePack, describeProblem, readPatterns } from '../../../functions/detection/domain/compile.ts';
import { readPatternFiles } from '../../../scripts/build-patterns.ts';
import { projectPack } from '../support/scanner.ts';

const GOOD = `ACME_TOKEN:
  description: Acme token
  provider: acme
  regex: '\\b(acme_[a-z0-9]{12})\\b'
  keywords: [acme_]
  severity: HIGH
  confidence: 0.9
  active: true
  recommendedAction: Revoke it in the console of Acme.
  examples:
    match: ['t=acme_k3v9x2m7q1w5']
    noMatch: ['t=acme_k3v9']
`;

function problemsOf(text: string): readonly string[] {
  const compiled = compilePack([{ name: 'patterns/acme.yaml', text }], createRe2Regex);
  return 'problems' in compiled ? compiled.problems.map(describeProblem) : [];
}

describe('compilePack', () => {
  it('takes a good rule and fills in what it leaves out', () => {
    const compiled = compilePack([{ name: 'patterns/acme.yaml', text: GOOD }], createRe2Regex);
    expect('pack' in compiled && compiled.pack.rules).toMatchObject([
      { name: 'ACME_TOKEN', secretType: 'acme-token', exactKeywords: true, lookBehind: 0, maxLength: 17 },
    ]);
  });

  it.each([
    ['broken YAML', GOOD.replace('keywords: [acme_]', 'keywords: [acme_'), /^patterns\/acme\.yaml:\d+: /],
    [
      'an unknown key',
      GOOD.replace('active: true', 'active: true\n  colour: red'),
      /acme\.yaml:1 ACME_TOKEN: rule: .*colour/,
    ],
    ['a missing key', GOOD.replace('  keywords: [acme_]\n', ''), /ACME_TOKEN: keywords: /],
    ['a wrong severity', GOOD.replace('HIGH', 'DIRE'), /acme\.yaml:6 ACME_TOKEN: severity: /],
    ['a regex that RE2 refuses', GOOD.replace('\\b(acme_', '(?=x)(acme_'), /ACME_TOKEN: regex: /],
    [
      'a keyword that a match need not hold',
      GOOD.replace('[acme_]', '[acmes]'),
      /ACME_TOKEN: keywords: .*acmes/,
    ],
    [
      'an example that is not found',
      GOOD.replace('acme_k3v9x2m7q1w5', 'acme_k3v9x2'),
      /examples\.match\[0\]/,
    ],
    [
      'a counter-example that is found',
      GOOD.replace("t=acme_k3v9'", "t=acme_q8w2e9r4t6y1'"),
      /examples\.noMatch\[0\]/,
    ],
    [
      'a group that is not there',
      GOOD.replace('  keywords', '  secretGroup: 3\n  keywords'),
      /secretGroup: .* 1 groups/,
    ],
    ['a rule that stands twice', `${GOOD}${GOOD}`, /unique/],
  ])('refuses %s with file, rule and reason', (_name, text, message) => {
    const problems = problemsOf(text);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join('\n')).toMatch(message);
  });

  it('compiles the project’s rules to the pack that the function carries', async () => {
    const compiled = compilePack(await readPatternFiles(), createRe2Regex);
    expect('problems' in compiled ? compiled.problems.map(describeProblem) : []).toEqual([]);
    expect('pack' in compiled && compiled.pack.digest, 'run: node scripts/build-patterns.ts').toBe(
      projectPack().digest,
    );
  }, 60_000);
});

describe('a locked rule', () => {
  const compiledAfter = (text: string, locks: Readonly<Record<string, string>>) =>
    compilePack([{ name: 'patterns/acme.yaml', text }], createRe2Regex, locks);
  const LOCKED = GOOD.replace('active: true', 'active: true\n  locked: true');
  const built = compiledAfter(LOCKED, {});
  if ('problems' in built) throw new Error(built.problems.map(describeProblem).join());
  const { locks = {} } = built.pack;
  const refused = (text: string): readonly string[] => {
    const compiled = compiledAfter(text, locks);
    return 'problems' in compiled ? compiled.problems.map(describeProblem) : [];
  };

  it('is remembered by the pack, and builds as long as it stays as it is', () => {
    expect(Object.keys(locks)).toEqual(['ACME_TOKEN']);
    expect(refused(LOCKED)).toEqual([]);
  });

  it.each([
    ['its regex is changed', LOCKED.replace('{12}', '{12,13}')],
    ['its severity is changed', LOCKED.replace('HIGH', 'LOW')],
    ['it is changed and the lock lifted at once', GOOD.replace('HIGH', 'LOW')],
    ['it is switched off', LOCKED.replace('active: true', 'active: false')],
  ])('refuses a pack in which %s', (_name, text) => {
    expect(refused(text)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^patterns\/acme\.yaml:1 ACME_TOKEN: locked: .* was changed; undo that/),
      ]),
    );
  });

  it('refuses a pack that lacks it', () =>
    expect(refused(GOOD.replace('ACME_TOKEN', 'OTHER_TOKEN'))).toEqual([
      'patterns ACME_TOKEN: locked: the rule is locked and is no longer there; put it back, or lift its lock first',
    ]));

  it('may be changed once its lock was lifted in a build of its own', () => {
    const lifted = compiledAfter(GOOD, locks);
    expect('pack' in lifted && lifted.pack.locks).toBeUndefined();
    expect('pack' in compiledAfter(GOOD.replace('HIGH', 'LOW'), {})).toBe(true);
  });

  it('may be given proposals', () => {
    expect(refused(LOCKED + PROPOSED)).toEqual([]);
  });
});

const PROPOSED = `  pending_updates:
    - status: pending
      submitter: feedback
      confidence: 0.7
      timestamp: '2026-11-20T08:00:00Z'
      regex: '\\b(acme_[a-z0-9]{12,16})\\b'
`;

describe('a proposed change', () => {
  it('changes nothing while it waits or is turned down', () => {
    for (const status of ['pending', 'rejected']) {
      const compiled = compilePack(
        [{ name: 'patterns/acme.yaml', text: GOOD + PROPOSED.replace('pending\n', `${status}\n`) }],
        createRe2Regex,
      );
      expect('pack' in compiled && compiled.pack.rules[0]?.maxLength).toBe(17);
    }
  });

  it('is refused when it is approved and not applied, or can never be', () => {
    expect(problemsOf(GOOD + PROPOSED.replace('pending\n', 'approved\n'))).toEqual([
      "patterns/acme.yaml:1 ACME_TOKEN: pending_updates[0] is approved but is not the rule's regex: apply it, or decide otherwise",
    ]);
    expect(problemsOf(GOOD + PROPOSED.replace('acme_[', '(?=x)acme_['))).toEqual([
      expect.stringMatching(/ACME_TOKEN: pending_updates\[0\]: RE2 does not compile its regex/),
    ]);
  });
});

describe('the project’s rules', () => {
  it('say of each provider where its documentation is, or that none was found', async () => {
    const { rules } = readPatterns(await readPatternFiles());
    const silent = rules.filter(
      ({ source }) => source.provider !== 'generic' && source.documentation === undefined,
    );
    expect(silent.map(({ name }) => name)).toEqual([]);
  });
});
