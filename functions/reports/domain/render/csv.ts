/**
 * A report as tables for spreadsheets: RFC 4180, UTF-8, a header line, every field in quotes. What a spreadsheet would
 * take for a formula is made text (CWE-1236): the exact values are in the OSCAL form.
 */
import { toIso } from '../../../kernel/clock.ts';
import type { Report, TestReport } from '../report.ts';
import { evidenceOf } from './view.ts';

type Cell = string | number | undefined;

/**
 * What begins a formula, in any of the widths it is written in, where a field begins: at the very beginning, and behind
 * what some spreadsheet takes for a separator, whatever the quotes say.
 */
const FORMULA = /((?:^|[,;|\t\r\n"'])[\s\u{feff}]*)(?=[=+\-@\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}])/gu;

function field(cell: Cell): string {
  // A number is written by us: a negative one is no formula.
  if (typeof cell === 'number') return `"${cell}"`;
  // No null character has a place in text; some readers end the field at it.
  const text = (cell ?? '').replaceAll('\0', '').replace(FORMULA, "$1'");
  return `"${text.replaceAll('"', '""')}"`;
}

function csv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

export function renderControlsCsv({ controls }: Report): string {
  return csv(
    [
      'control',
      'title',
      'verdict',
      'test',
      'test_title',
      'test_verdict',
      'population',
      'failed',
      'accepted',
      'pending',
      'note',
      'requirement',
      'beyond',
      'remediation',
    ],
    controls.flatMap(({ id, title, verdict, tests, requirement, beyond, remediation }) => {
      const about = [requirement, beyond, remediation];
      return tests.length === 0
        ? [[id, title, verdict, ...Array.from({ length: 8 }, () => undefined), ...about]]
        : tests.map((test) => [
            id,
            title,
            verdict,
            test.id,
            test.definition.title,
            test.verdict,
            test.population,
            test.failed,
            test.accepted,
            test.pending,
            test.note,
            ...about,
          ]);
    }),
  );
}

/** Each test once, in the order of the controls. */
export function testsOf({ controls }: Report): TestReport[] {
  return [
    ...new Map(controls.flatMap(({ tests }) => tests.map((test) => [test.id, test] as const))).values(),
  ];
}

/** What each test sampled and what failed: one line for each, with the entry's place in the log where it has one. */
export function renderEvidenceCsv(report: Report): string {
  return csv(
    ['test', 'kind', 'entry', 'subject', 'why', 'exception'],
    testsOf(report).flatMap(({ id, sampled, failing }) => [
      ...sampled.map(({ seq, subject }) => [id, 'sample', seq, subject, undefined, undefined]),
      ...failing.map(({ seq, subject, why, exception }) => [id, 'failure', seq, subject, why, exception]),
    ]),
  );
}

/** Each entry that the report refers to, with its proof: hashes from the leaf up, separated by spaces. */
export function renderEntriesCsv(report: Report): string {
  return csv(
    ['entry', 'time', 'type', 'actor', 'subject', 'leaf_hash', 'tree_size', 'proof'],
    evidenceOf(report).map(({ seq, time, type, actor, subject, leafHash, proof }) => [
      seq,
      time,
      type,
      actor,
      subject,
      leafHash,
      report.log.size,
      proof.join(' '),
    ]),
  );
}

/** All incidents; times are RFC 3339, UTC, and empty where the log tells of none. */
export function renderIncidentsCsv({ incidents }: Report): string {
  const time = (ms: number | undefined) => (ms === undefined ? undefined : toIso(ms));
  return csv(
    [
      'fingerprint',
      'credential',
      'type',
      'severity',
      'findings',
      'first_entry',
      'detected',
      'reviewed',
      'contained',
      'revoked',
      'proven_dead',
      'replaced',
      'authority_notified',
      'outcome',
    ],
    incidents.map((one) => [
      one.fingerprint,
      one.redactedKey,
      one.secretType,
      one.severity,
      one.findings,
      one.firstSeq,
      time(one.detectedAt),
      time(one.reviewedAt),
      time(one.containedAt),
      time(one.revokedAt),
      time(one.provenDeadAt),
      time(one.replacedAt),
      time(one.notifiedAt),
      one.outcome,
    ]),
  );
}
