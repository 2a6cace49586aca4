import { describe, expect, it } from 'vitest';
import { createDetector } from '../../../functions/detection/domain/detector.ts';
import { createRe2Regex } from '../../../functions/detection/adapters/re2-regex.ts';
import { compilePack, describeProblem } from '../../../functions/detection/domain/compile.ts';
import { createLeak } from '../../support/fleet/leaks.ts';
import { createRandom } from '../../support/fleet/random.ts';
import { projectScanner } from '../support/scanner.ts';

const rule = (name: string, prefix: string, more = ''): string => `${name}:
  description: Acme ${prefix}
  provider: acme
  regex: '\\b(${prefix}_[a-z0-9]{12})\\b'
  keywords: [${prefix}_]
  severity: HIGH
  confidence: 0.9
  active: true
${more}  recommendedAction: Revoke it in the console of Acme.
  examples:
    match: ['t=${prefix}_k3v9x2m7q1w5']
    noMatch: ['t=${prefix}_k3v9']
`;
const companions = (rules: string, severityAlone = 'LOW'): string =>
  `  companions:\n    rules: [${rules}]\n    withinBytes: 40\n    severityAlone: ${severityAlone}\n`;
const compiled = (text: string) => compilePack([{ name: 'patterns/acme.yaml', text }], createRe2Regex);
const problemsOf = (text: string): readonly string[] => {
  const result = compiled(text);
  return 'problems' in result ? result.problems.map(describeProblem) : [];
};

describe('a rule with companions', () => {
  const result = compiled(rule('ACME_ID', 'acid', companions('ACME_KEY')) + rule('ACME_KEY', 'ackey'));
  if ('problems' in result) throw new Error(result.problems.map(describeProblem).join());
  const detector = createDetector(result.pack, createRe2Regex);
  const severities = (...entries: readonly string[]): unknown =>
    detector.scan(entries).map((match) => [match.rule, match.severity]);
  const [id, key] = ['acid_k3v9x2m7q1w5', 'ackey_8d0f2a7c1e6b'];
  const base64 = (text: string): string => Buffer.from(` the key is ${text} `).toString('base64');

  it('is reported at its severity where one of them stands near, before or after', () => {
    const both = [
      ['ACME_ID', 'HIGH'],
      ['ACME_KEY', 'HIGH'],
    ];
    expect(severities(`${id} ${key}`)).toEqual(both);
    expect(severities(`${key} ${id}`)).toEqual(both.toReversed());
  });

  it('is reported at a lower one where none does', () => {
    expect(severities(id)).toEqual([['ACME_ID', 'LOW']]);
    expect(severities(`${id} ${'-'.repeat(60)} ${key}`)).toEqual([
      ['ACME_ID', 'LOW'],
      ['ACME_KEY', 'HIGH'],
    ]);
  });

  it('takes no companion from another entry', () =>
    expect(severities(id, key)).toEqual([
      ['ACME_ID', 'LOW'],
      ['ACME_KEY', 'HIGH'],
    ]));

  it('sees one that is encoded, at the place where it stands', () =>
    expect(severities(`${id} ${base64(key)}`)).toEqual([
      ['ACME_ID', 'HIGH'],
      ['ACME_KEY', 'HIGH'],
    ]));

  it('is refused with a companion that does not exist or is not active, or with no lower severity', () => {
    expect(problemsOf(rule('ACME_ID', 'acid', companions('ACME_KEI')))).toEqual([
      'patterns/acme.yaml:1 ACME_ID: companions: there is no active rule ACME_KEI',
    ]);
    expect(
      problemsOf(
        rule('ACME_ID', 'acid', companions('ACME_KEY')) +
          rule('ACME_KEY', 'ackey').replace('active: true', 'active: false'),
      ),
    ).toEqual(['patterns/acme.yaml:1 ACME_ID: companions: there is no active rule ACME_KEY']);
    expect(
      problemsOf(rule('ACME_ID', 'acid', companions('ACME_KEY', 'HIGH')) + rule('ACME_KEY', 'ackey')),
    ).toEqual([
      "patterns/acme.yaml:1 ACME_ID: companions: severityAlone must be below the rule's own severity, HIGH",
    ]);
  });
});

describe('an AWS key id', () => {
  const detector = projectScanner();
  const { text: id, companion } = createLeak('aws-secret-access-key', createRandom(5));
  const secret = companion?.text ?? '';
  const severities = (text: string): unknown =>
    detector.scan([text]).map((match) => [match.secretType, match.severity]);
  const pair = [
    ['aws-access-key-id', 'CRITICAL'],
    ['aws-secret-access-key', 'CRITICAL'],
  ];

  it('alone is of medium severity', () =>
    expect(severities(`caller ${id} listed buckets`)).toEqual([['aws-access-key-id', 'MEDIUM']]));
  it('is critical beside its secret, which a name announces', () =>
    expect(severities(`AWS_ACCESS_KEY_ID=${id}\nAWS_SECRET_ACCESS_KEY=${secret}`)).toEqual(pair));
  it('gives away a secret that nothing announces', () => expect(severities(`${id},${secret}`)).toEqual(pair));
});
