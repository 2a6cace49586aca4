/** Generated reports: the same for the same world, with every kind of verdict and values that are hard to set. */
import { hash } from 'node:crypto';
import fc from 'fast-check';
import { assemble, type Findings } from '../../../functions/reports/domain/assemble.ts';
import type { Failure, TestResult } from '../../../functions/reports/domain/evaluate.ts';
import type { Fact } from '../../../functions/reports/domain/facts.ts';
import type { Framework, Frameworks } from '../../../functions/reports/domain/framework.ts';
import type { Incident } from '../../../functions/reports/domain/incidents.ts';
import type { Evidence, Report } from '../../../functions/reports/domain/report.ts';
import { SAMPLE_SIZE } from '../../../functions/reports/domain/evaluate.ts';

export type World = 'quarter' | 'empty' | 'missing source';

const DAY = 86_400_000;
/** 2026-07-01 to 2026-10-01 in Berlin. */
const PERIOD = {
  from: Date.UTC(2026, 5, 30, 22),
  until: Date.UTC(2026, 8, 30, 22),
  timeZone: 'Europe/Berlin',
};
/** Unbroken, as long as IAM allows and longer. */
export const LONG_ARN = `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${'payments-settlement'.repeat(13)}`;
const LONG_AGENT = 'agent-7.a-team-with-a-long-name.and-a-region.that-does-not-end.internal.example';

/** Numbers from 0 to below 1, the same for the same seed: Numerical Recipes' generator. */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
}

interface Shape {
  readonly test: string;
  readonly title: string;
  readonly verdict: TestResult['verdict'];
  readonly failed?: number;
  readonly pending?: number;
  readonly needsConfiguration?: boolean;
}

const SHAPES: readonly Shape[] = [
  { test: 'findings-are-triaged', title: 'Each finding is triaged', verdict: 'passed' },
  {
    test: 'leaks-are-revoked-in-time',
    title: 'Leaks are revoked within 24 hours',
    verdict: 'failed',
    failed: 37,
    pending: 4,
  },
  {
    test: 'keys-have-no-wildcard',
    title: 'No key policy names everybody',
    verdict: 'failed',
    failed: 3,
    needsConfiguration: true,
  },
  {
    test: 'old-system-is-rotated',
    title: 'Managed secrets are rotated within 90 days',
    verdict: 'failed',
    failed: 1,
  },
  { test: 'log-is-verified-daily', title: 'The audit log is verified each day', verdict: 'passed' },
  { test: 'alerts-are-delivered', title: 'Alerts reach somebody', verdict: 'passed', pending: 2 },
  { test: 'four-eyes', title: 'Who asks is not who approves', verdict: 'not_applicable' },
  {
    test: 'bucket-is-locked',
    title: 'The log lies under Object Lock',
    verdict: 'passed',
    needsConfiguration: true,
  },
  { test: 'nothing-is-switched-off', title: 'Nobody switches the watch off', verdict: 'not_applicable' },
];

/** Tests of each control, by their places in {@link SHAPES}. */
const CONTROLS: readonly (readonly [id: string, title: string, tests: readonly number[]])[] = [
  ['3.6.1', 'Keys that protect stored data are protected', [2, 7]],
  ['3.7.4', 'Keys are changed at the end of their cryptoperiod', [3]],
  ['8.6.1', 'Interactive use of system accounts is managed', [6]],
  ['8.6.2', 'Passwords of system accounts are in no script, file or source', [0, 1]],
  ['8.6.3', 'Passwords of system accounts are protected against misuse', [3, 1]],
  ['10.2.1', 'Audit logs are active and capture what matters', [4]],
  ['10.3.2', 'Audit logs are protected from changes', [7, 4]],
  ['10.4.1.1', 'Audit logs are reviewed by automated means', [5]],
  ['10.5.1', 'Audit log history is retained for twelve months, three of them at hand', [7]],
  ['10.7.2', 'Failures of critical controls are detected and answered promptly', [5, 8]],
  ['11.5.1', 'Intrusions are detected', []],
  ['12.10.5', 'The response plan covers alerts of monitoring systems', [0, 5]],
  ['A.5.24(b)', 'Names that are not words of a name space', [8]],
];

const DEFINITIONS: Frameworks['tests'] = Object.fromEntries(
  SHAPES.map(({ test, title }) => [
    test,
    {
      title,
      question: `${title}: is that so of everything that the period holds, without anybody having chosen what to look at?`,
      population: 'Every entry of the period that is about it, drawn from the audit log as it was signed.',
      remediation:
        'Look at the failures one by one, oldest first; close each with what its runbook says, and have somebody else confirm it.',
      empty: 'not_applicable' as const,
      never: { of: { type: ['finding'] }, among: { type: ['finding'] } },
    },
  ]),
);

const FRAMEWORK: Framework = {
  id: 'pci-dss-4.0.1',
  title: 'PCI DSS 4.0.1',
  version: '4.0.1',
  source: 'https://www.pcisecuritystandards.org/document_library/',
  controls: CONTROLS.map(([id, title, tests]) => ({
    id,
    title,
    requirement: `${title}. What is asked is that it holds at every time, that somebody answers for it, and that there is a trace of both which outlives the people who left it.`,
    tests: tests.flatMap((at) => SHAPES[at]?.test ?? []),
    beyond:
      'Whether the procedure is written down, known to those whom it concerns, and reviewed once a year.',
    remediation: 'Find out since when it has not held, repair it, and record who was told.',
  })),
};

const hex = (...parts: readonly (string | number)[]): string => hash('sha256', parts.join('\n'), 'hex');

function anEvidence(seq: number, random: () => number = generator(seq + 1)): Evidence {
  return {
    seq,
    time: new Date(PERIOD.from + Math.floor(random() * (PERIOD.until - PERIOD.from))).toISOString(),
    type: ['finding', 'review', 'revocation', 'security.assessment'][seq % 4] ?? 'finding',
    actor: seq % 9 === 0 ? LONG_AGENT : 'shhh.detection',
    subject: seq % 11 === 0 ? LONG_ARN : `agent-${seq % 40}`,
    leafHash: hex('leaf', seq),
    proof: Array.from({ length: 20 }, (_, level) => hex('proof', seq, level)),
  };
}

function failuresOf(
  { failed = 0, needsConfiguration = false, test }: Shape,
  random: () => number,
): Failure[] {
  return Array.from({ length: failed }, (_, at) => ({
    ...(needsConfiguration || at % 10 === 9 ? {} : { seq: Math.floor(random() * 900_000) }),
    subject: at % 5 === 1 ? LONG_ARN : at % 5 === 2 ? hex(test, at) : `agent-${at}`,
    why:
      at % 5 === 3
        ? `nothing with the same data.details.fingerprint ${hex('why', at)} followed within 24 hours`
        : 'nothing followed within 24 hours',
  }));
}

function resultOf(shape: Shape, world: World, random: () => number): TestResult {
  const none = { population: 0, failed: 0, pending: 0, failures: [], sample: [] };
  if (shape.needsConfiguration && world === 'missing source')
    return { ...none, id: shape.test, verdict: 'incomplete', note: MISSING };
  if (world === 'empty' || shape.verdict === 'not_applicable')
    return { ...none, id: shape.test, verdict: 'not_applicable' };
  const { failed = 0, pending = 0 } = shape;
  const drawn = Array.from({ length: SAMPLE_SIZE }, () => Math.floor(random() * 900_000));
  return {
    id: shape.test,
    verdict: shape.verdict,
    population: shape.needsConfiguration ? 12 : 1_200 + Math.floor(random() * 40_000),
    failed,
    pending,
    failures: failuresOf(shape, random),
    sample: shape.needsConfiguration ? [] : [...new Set(drawn)].sort((a, b) => a - b),
    ...(pending > 0 && { note: `${pending} had time left where the log ends.` }),
  };
}

const MISSING =
  'the configuration could not be read: AccessDenied on kms:GetKeyPolicy, ask who runs the account to grant it';

function incidentsOf(count: number, random: () => number): Incident[] {
  const types = [
    'github_pat',
    'aws_access_key_id',
    'slack_bot_token',
    'gcp_service_account_key_of_a_long_type_name',
  ];
  return Array.from({ length: count }, (_, at) => {
    const detectedAt = PERIOD.from + Math.floor(((at + random()) / count) * (PERIOD.until - PERIOD.from));
    const took = Math.floor(8_000 + random() ** 6 * 3 * DAY);
    const open = at % 29 === 28;
    return {
      fingerprint: hex('fingerprint', at),
      secretType: types[at % types.length] ?? 'unknown',
      severity: at % 4 === 0 ? 'CRITICAL' : 'HIGH',
      redactedKey:
        at % 13 === 5 ? '' : `${['ghp_', 'AKIA', 'xoxb', '{"ty'][at % 4] ?? ''}****${hex(at).slice(0, 4)}`,
      findings: 1 + (at % 3),
      firstSeq: at * 1_000 + 3,
      detectedAt,
      ...(at % 17 !== 16 && { containedAt: detectedAt + Math.floor(took / 3) }),
      ...(!open && { revokedAt: detectedAt + Math.floor(took / 2), provenDeadAt: detectedAt + took }),
      ...(at % 23 === 4 && { notifiedAt: detectedAt + 41 * 3_600_000 + at * 60_000 }),
      outcome: open ? 'needs_attention' : 'proven_dead',
    };
  });
}

function factsOf(random: () => number): Fact[] {
  return Array.from({ length: 40 }, (_, at) => ({
    name: 'managed-secret.age-days' as const,
    subject: `secret-${at}`,
    value: Math.floor(random() ** 2 * 110),
  }));
}

const findingsOf = (day: number, random: () => number): Record<string, number> => ({
  CRITICAL: day % 7 === 0 ? 1 + Math.floor(random() * 3) : 0,
  HIGH: Math.floor(random() * 5),
  MEDIUM: Math.floor(random() * 4),
  LOW: Math.floor(random() * 2),
});

/**
 * @param overrides of what a report is assembled from
 * @returns a quarter with failures, exceptions, incidents and long values; or one in which nothing happened, or one whose
 * configuration could not be read
 */
export function aReport(world: World = 'quarter', overrides: Partial<Findings> = {}): Report {
  const random = generator(9);
  const results = SHAPES.map((shape) => resultOf(shape, world, random));
  const seqs = results.flatMap(({ sample, failures }) => [
    ...sample,
    ...failures.flatMap(({ seq }) => seq ?? []),
  ]);
  const isEmpty = world === 'empty';
  const days = Math.round((PERIOD.until - PERIOD.from) / DAY);
  return assemble(FRAMEWORK, DEFINITIONS, {
    results,
    evidence: new Map(seqs.map((seq) => [seq, anEvidence(seq)])),
    exceptions: [
      {
        id: 'EX-2026-04',
        test: 'old-system-is-rotated',
        reason:
          'A settlement system that takes no second credential; it is retired in December, and watched until then.',
        owner: 'ada.lovelace@payments.example',
        acceptedOn: '2026-07-01',
        expiresOn: '2026-12-31',
      },
      {
        id: 'EX-2026-07',
        test: 'leaks-are-revoked-in-time',
        subjects: ['agent-0', LONG_ARN],
        reason: 'Provider outage of the 4th of August, on record with the provider.',
        owner: 'grace.hopper@platform.example',
        acceptedOn: '2026-08-05',
        expiresOn: '2026-11-05',
      },
    ],
    deployment: 'shhh-prod, account 123456789012, eu-central-1',
    period: PERIOD,
    generatedAt: PERIOD.until + 4 * 3_600_000,
    log: {
      origin: 'shhh.example/audit/prod',
      size: 1_000_000,
      rootHash: Buffer.from(hex('root'), 'hex').toString('base64'),
      checkpoint: `shhh.example/audit/prod\n1000000\n${Buffer.from(hex('root'), 'hex').toString('base64')}\n\n\u2014 shhh.example/audit/prod ${Buffer.from(hex('signature') + hex('more')).toString('base64')}\n`,
    },
    sources: [
      { name: 'audit log' },
      { name: 'configuration', ...(world === 'missing source' && { missing: MISSING }) },
    ],
    entries: isEmpty ? 0 : 912_345,
    ...(!isEmpty && { before: { passed: 4, failed: 6, incomplete: 0, not_applicable: 2, not_covered: 1 } }),
    incidents: isEmpty ? [] : incidentsOf(120, random),
    days: Array.from({ length: days }, (_, at) => ({
      day: new Date(PERIOD.from + (at + 0.5) * DAY).toISOString().slice(0, 10),
      findings: isEmpty ? {} : findingsOf(at, random),
    })),
    facts: world === 'missing source' ? [] : factsOf(random),
    ...overrides,
  });
}

/** Members whose values are not for a person to choose. */
const STRUCTURE = new Set(
  'id test verdict timeZone leafHash proof time acceptedOn expiresOn day rootHash source name exception'.split(
    ' ',
  ),
);

/** The same report with every free text of it replaced. */
export function withTexts(report: Report, text: (was: string) => string): Report {
  const replaced = (value: unknown, name: string): unknown => {
    if (typeof value === 'string') return STRUCTURE.has(name) || value === '' ? value : text(value);
    if (Array.isArray(value)) return value.map((one) => replaced(one, name));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replaced(one, key)]));
  };
  return replaced(report, '') as Report;
}

/** The same report with the members of every object in another order. */
export function withMembersReversed<T>(value: T): T {
  const reversed = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(reversed);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(
      Object.entries(one)
        .map(([key, inner]) => [key, reversed(inner)] as const)
        .reverse(),
    );
  };
  return reversed(value) as T;
}

/** Text that tries to be more than text: markup, style, formulas, Markdown, controls, other directions. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          '<script>alert(1)</script>',
          '"><img src=x onerror=alert(1)>',
          "' onclick='x",
          '</style><b>',
          '*/}',
        ],
        ...[
          '</title>',
          '<!--',
          ']]>',
          '&lt;',
          '&#60;',
          '=1+2',
          '+1',
          '-1',
          '@SUM(A1)',
          '\t=1',
          '\r\n=1',
          ';=1',
        ],
        ...[
          '"',
          '""',
          ',',
          ';',
          '\n',
          '\0',
          '\u2028',
          '\u202e',
          '\ufeff',
          '[x](javascript:x)',
          '`',
          '\\',
          '#',
        ],
        ...['$x$', '\uff1d1', '–', 'ü', '😀', '#set page(width: 1pt)', '#panic()', ' '],
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join(''))
  .filter((text) => text !== '');
