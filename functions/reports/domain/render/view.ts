/** A report in words: what stands on the pages of every form for people, and in which order. */
import { durationInWords } from '../duration.ts';
import type { Verdict } from '../evaluate.ts';
import type { Incident } from '../incidents.ts';
import { partsAt } from '../period.ts';
import { VERDICTS, type ControlReport, type Evidence, type Report, type TestReport } from '../report.ts';
import { FAILURES_SHOWN } from '../assemble.ts';
import { barChart, type Series } from './chart.ts';

/** Incidents that the pages show; a file beside them has all. */
const INCIDENTS_SHOWN = 40;

/** Characters of a subject in the list of entries; a file beside the pages has it in full. */
const SUBJECT_SHOWN = 72;

const LABELS: Readonly<Record<Verdict, string>> = {
  passed: 'Passed',
  failed: 'Failed',
  incomplete: 'Incomplete',
  not_applicable: 'Not applicable',
  not_covered: 'Not covered',
};
/** Told by form as well as by colour. */
const SIGNS: Readonly<Record<Verdict, string>> = {
  passed: '✓',
  failed: '✗',
  incomplete: '!',
  not_applicable: '–',
  not_covered: '○',
};
const MEANINGS: Readonly<Record<Verdict, string>> = {
  passed: 'every test that has something to look at holds',
  failed: 'a test found what must not be',
  incomplete: 'a source could not be read',
  not_applicable: 'there was nothing in the period that it asks about',
  not_covered: 'SHHH holds no evidence for it: show it by other means',
};

const SEVERITIES = [
  ['CRITICAL', '#a4262c'],
  ['HIGH', '#d97706'],
  ['MEDIUM', '#3b6ea5'],
  ['LOW', '#9aa7b3'],
] as const;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const BUCKETS = [
  ['< 1 min', MINUTE],
  ['< 5 min', 5 * MINUTE],
  ['< 15 min', 15 * MINUTE],
  ['< 1 h', HOUR],
  ['< 4 h', 4 * HOUR],
  ['< 24 h', 24 * HOUR],
  ['longer', Infinity],
] as const;

const AGE_BUCKETS = [
  ['< 7 d', 7],
  ['< 30 d', 30],
  ['< 60 d', 60],
  ['< 90 d', 90],
  ['older', Infinity],
] as const;

/** Of the deployed configuration: days since a managed secret was rotated. */
const SECRET_AGE = 'managed-secret.age-days';

/** What a report consists of besides its manifest, and what each file of it is for. */
export const FILES = {
  html: { path: 'report.html', what: 'this report as a page, to read and to print' },
  pdf: { path: 'report.pdf', what: 'this report as a document, PDF/A-2a' },
  oscal: { path: 'oscal.json', what: 'the same as OSCAL assessment results, for tools' },
  controls: { path: 'controls.csv', what: 'each control and its verdict' },
  evidence: { path: 'evidence.csv', what: 'what each test sampled, and what failed' },
  entries: { path: 'entries.csv', what: 'each entry that is referred to, with its proof' },
  incidents: { path: 'incidents.csv', what: 'every incident with its times' },
} as const;

export interface ChartView {
  readonly title: string;
  readonly caption: string;
  /** The chart in words, for who cannot see it. */
  readonly alt: string;
  /** Holds title and words too. */
  readonly svg: string;
}

interface Told {
  readonly sign: string;
  readonly verdict: Verdict;
  readonly label: string;
}

export interface View {
  readonly title: string;
  readonly id: string;
  readonly deployment: string;
  readonly period: string;
  readonly generatedAt: string;
  readonly headline: string;
  /** What a reader has to know before anything else: what is missing. */
  readonly notices: readonly string[];
  /** Empty where the title says it. */
  readonly version: string;
  readonly framework: {
    /** Title and version. */
    readonly name: string;
    readonly source: string;
  };
  readonly verdicts: readonly (Told & {
    readonly count: number;
    readonly meaning: string;
    /** Against the period before: `+2`, `±0`; empty where there is none. */
    readonly change: string;
  })[];
  readonly attention: readonly { readonly control: string; readonly title: string; readonly why: string }[];
  readonly charts: readonly ChartView[];
  readonly controls: readonly (Told & {
    readonly id: string;
    readonly title: string;
    readonly requirement: string;
    readonly beyond: string;
    readonly remediation: string;
    readonly tests: readonly (Told & {
      readonly id: string;
      /** The control under which the test is told in full; empty where that is this one. */
      readonly toldUnder: string;
      readonly title: string;
      readonly question: string;
      readonly population: string;
      readonly result: string;
      readonly note: string;
      readonly remediation: string;
      readonly failing: readonly { readonly what: string; readonly why: string; readonly entry: string }[];
      readonly more: string;
      readonly sample: string;
    })[];
  })[];
  readonly incidents: {
    readonly intro: string;
    readonly rows: readonly {
      readonly credential: string;
      readonly type: string;
      readonly severity: string;
      readonly detected: string;
      readonly contained: string;
      readonly revoked: string;
      readonly dead: string;
      /** The authority was told of it. */
      readonly notified: string;
      readonly outcome: string;
    }[];
  };
  readonly exceptions: readonly {
    readonly id: string;
    readonly test: string;
    readonly reason: string;
    readonly owner: string;
    readonly dates: string;
  }[];
  readonly sources: readonly { readonly name: string; readonly state: string }[];
  readonly log: readonly { readonly name: string; readonly value: string }[];
  /** Entries that the pages name. */
  readonly evidence: {
    readonly intro: string;
    readonly rows: readonly {
      readonly seq: string;
      readonly time: string;
      readonly type: string;
      readonly subject: string;
      readonly hash: string;
    }[];
  };
  /** The signed note. */
  readonly checkpoint: string;
  readonly files: readonly { readonly path: string; readonly what: string }[];
}

export function viewOf(report: Report): View {
  const { framework, deployment, period, log, controls, verdicts, before } = report;
  const at = (ms: number) => inZone(ms, period.timeZone);
  const version = framework.title.includes(framework.version) ? '' : framework.version;
  const toldUnder = new Map<string, string>();
  return {
    title: framework.title,
    id: report.id,
    deployment,
    period: `${at(period.from)} to ${at(period.until)} (${period.timeZone})`,
    generatedAt: `${at(report.generatedAt)} (${period.timeZone})`,
    headline: headlineOf(report),
    notices: report.sources.flatMap(({ name, missing }) =>
      missing === undefined
        ? []
        : `A source is missing. The ${name} was not read: ${missing}. What draws on it is incomplete, and nothing of it counts as passed.`,
    ),
    version,
    framework: {
      name: `${framework.title} ${version}`.trim(),
      source: framework.source,
    },
    verdicts: VERDICTS.map((verdict) => ({
      ...told(verdict),
      count: verdicts[verdict],
      meaning: MEANINGS[verdict],
      change: before === undefined ? '' : signed(verdicts[verdict] - before[verdict]),
    })),
    attention: controls.flatMap(whyAttention),
    charts: chartsOf(report),
    controls: controls.map(({ id, title, requirement, beyond, remediation, tests, verdict }) => ({
      ...told(verdict),
      ...{ id, title, requirement, beyond, remediation },
      tests: tests.map((test) => {
        const under = toldUnder.get(test.id);
        if (under === undefined) toldUnder.set(test.id, id);
        return testView(test, under === id ? '' : (under ?? ''));
      }),
    })),
    incidents: incidentsOf(report, at),
    exceptions: report.exceptions.map(({ id, test, reason, owner, acceptedOn, expiresOn }) => ({
      ...{ id, test, reason, owner },
      dates: `${acceptedOn} to ${expiresOn}`,
    })),
    sources: report.sources.map(({ name, missing }) => ({
      name,
      state: missing === undefined ? 'read in full' : `not read: ${missing}`,
    })),
    log: [
      { name: 'Log', value: log.origin },
      { name: 'Entries', value: count(log.size) },
      { name: 'Root', value: log.rootHash },
      { name: 'Entries in the period', value: count(report.entries) },
    ],
    evidence: evidenceView(report),
    checkpoint: log.checkpoint,
    files: Object.values(FILES).map(({ path, what }) => ({ path, what })),
  };
}

function evidenceView(report: Report): View['evidence'] {
  const shown = entriesOf(report, FAILURES_SHOWN);
  const all = evidenceOf(report).length;
  return {
    intro:
      all === 0
        ? 'This report refers to no entry of the log.'
        : all === shown.length
          ? `The ${count(all)} entries of the audit log that this report refers to.`
          : `The ${count(shown.length)} entries of the audit log that these pages name, of ${count(all)} that the report refers to.`,
    rows: shown.map(({ seq, time, type, subject, leafHash }) => ({
      seq: String(seq),
      time: time.slice(0, 19).replace('T', ' '),
      type,
      subject: shortened(subject),
      hash: leafHash,
    })),
  };
}

/** Beginning and end of a name that is too long for a column. */
function shortened(name: string): string {
  const letters = Array.from(name);
  return letters.length <= SUBJECT_SHOWN
    ? name
    : `${letters.slice(0, SUBJECT_SHOWN - 20).join('')}…${letters.slice(-19).join('')}`;
}

/** Every entry that the report refers to, once, in the log's order. */
export const evidenceOf = (report: Report): Evidence[] => entriesOf(report, Infinity);

/** @param failures of each test, at most */
function entriesOf({ controls }: Report, failures: number): Evidence[] {
  const bySeq = new Map<number, Evidence>();
  for (const { tests } of controls)
    for (const { sampled, failing } of tests) {
      for (const one of sampled) bySeq.set(one.seq, one);
      for (const { evidence } of failing.slice(0, failures)) if (evidence) bySeq.set(evidence.seq, evidence);
    }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

const told = (verdict: Verdict): Told => ({ verdict, label: LABELS[verdict], sign: SIGNS[verdict] });
const count = (number: number): string => number.toLocaleString('en');
const gaps = (number: number): string => (number === 1 ? 'one gap' : `${count(number)} gaps`);
const signed = (change: number): string => (change === 0 ? '±0' : change > 0 ? `+${change}` : `−${-change}`);

function headlineOf({ verdicts, controls, entries }: Report): string {
  const asked = controls.length - verdicts.not_covered;
  const said = [`Of ${controls.length} controls, ${asked} are tested by SHHH: ${verdicts.passed} passed`];
  if (verdicts.failed > 0) said.push(`${verdicts.failed} failed`);
  if (verdicts.incomplete > 0) said.push(`${verdicts.incomplete} could not be tested in full`);
  if (verdicts.not_applicable > 0) said.push(`${verdicts.not_applicable} did not apply in this period`);
  const from =
    entries === 0
      ? 'The log holds no entry of this period.'
      : `The evidence is drawn from ${count(entries)} entries of the audit log.`;
  return `${said.join(', ')}. ${from}`;
}

function whyAttention(control: ControlReport): View['attention'] {
  if (control.verdict !== 'failed' && control.verdict !== 'incomplete') return [];
  const why = control.tests
    .filter(({ verdict }) => verdict === 'failed' || verdict === 'incomplete')
    .map(({ definition, failed, accepted, population, note, verdict }) =>
      verdict === 'incomplete'
        ? `${definition.title}: ${note ?? 'a source could not be read'}`
        : `${definition.title}: ${population === 0 ? gaps(failed - accepted) : `${count(failed - accepted)} of ${count(population)}`}`,
    );
  return [{ control: control.id, title: control.title, why: why.join('; ') }];
}

function testView(test: TestReport, toldUnder: string): View['controls'][number]['tests'][number] {
  const { definition, population, failed, accepted, pending, failing, sampled, note } = test;
  const shown = failing.slice(0, FAILURES_SHOWN);
  return {
    ...told(test.verdict),
    id: test.id,
    toldUnder,
    ...definition,
    result:
      population === 0
        ? failed === 0
          ? 'nothing to look at'
          : gaps(failed)
        : [
            `${count(population)} looked at, all of them`,
            `${count(failed)} failed`,
            ...(accepted > 0 ? [`${count(accepted)} of these accepted`] : []),
            ...(pending > 0 ? [`${count(pending)} with time left`] : []),
          ].join(', '),
    note: note ?? '',
    failing: shown.map(({ subject, why, seq, exception }) => ({
      what: subject,
      why: exception === undefined ? why : `${why}; accepted: ${exception}`,
      entry: seq === undefined ? '' : String(seq),
    })),
    more:
      failed > shown.length
        ? `${count(failed - shown.length)} more; ${FILES.evidence.path} names ${count(failing.length)}${failing.length < failed ? ' of them' : ''}.`
        : '',
    sample: sampled.map(({ seq }) => seq).join(', '),
  };
}

function chartsOf({ days, incidents, facts }: Report): ChartView[] {
  const total = (severity: string) => days.reduce((sum, { findings }) => sum + (findings[severity] ?? 0), 0);
  const ended = incidents.flatMap(({ detectedAt, provenDeadAt }) =>
    provenDeadAt === undefined ? [] : [provenDeadAt - detectedAt],
  );
  const times = bucketed(BUCKETS, ended);
  const ages = facts.flatMap(({ name, value }) =>
    name === SECRET_AGE && typeof value === 'number' ? [value] : [],
  );
  const aged = bucketed(AGE_BUCKETS, ages);
  return [
    chart(
      'findings-over-time',
      {
        title: 'Findings over time',
        caption: 'Leaked credentials that were found, by day (UTC) and severity.',
        alt: `Findings over ${count(days.length)} days: ${SEVERITIES.map(([name]) => `${count(total(name))} ${name.toLowerCase()}`).join(', ')}.`,
      },
      days.map(({ day }) => day.slice(5)),
      SEVERITIES.map(([name, colour]) => ({
        name: name.toLowerCase(),
        colour,
        counts: days.map(({ findings }) => findings[name] ?? 0),
      })),
    ),
    chart(
      'time-to-revoke',
      {
        title: 'Time to revoke',
        caption: `From the first finding to the proof that the credential is dead: ${count(ended.length)} of ${count(incidents.length)} incidents.`,
        alt: `Incidents by the time it took: ${inWords(BUCKETS, times)}.`,
      },
      BUCKETS.map(([name]) => name),
      [{ name: 'incidents', colour: '#1f6f5c', counts: times }],
    ),
    ...(ages.length === 0
      ? []
      : [
          chart(
            'rotation-age',
            {
              title: 'Age of managed secrets',
              caption: `Days since their last rotation, at the time of the report: ${count(ages.length)} secrets.`,
              alt: `Secrets by days since their rotation: ${inWords(AGE_BUCKETS, aged)}.`,
            },
            AGE_BUCKETS.map(([name]) => name),
            [{ name: 'secrets', colour: '#3b6ea5', counts: aged }],
          ),
        ]),
  ];
}

const chart = (
  id: string,
  told: Omit<ChartView, 'svg'>,
  categories: readonly string[],
  series: readonly Series[],
): ChartView => ({
  ...told,
  svg: barChart({ id, title: told.title, words: told.alt, categories, series, width: 640, height: 165 }),
});

type Buckets = readonly (readonly [name: string, below: number])[];
function bucketed(buckets: Buckets, values: readonly number[]): number[] {
  const counts = buckets.map(() => 0);
  for (const value of values) {
    const at = buckets.findIndex(([, below]) => value < below);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}
const inWords = (buckets: Buckets, counts: readonly number[]): string =>
  buckets.map(([name], index) => `${name}: ${counts[index] ?? 0}`).join(', ');

function incidentsOf({ incidents, period }: Report, at: (ms: number) => string): View['incidents'] {
  const open = incidents.filter(({ provenDeadAt }) => provenDeadAt === undefined);
  // Those that are open first, then those that took longest.
  const shown = incidents
    .toSorted((a, b) => tookMs(b) - tookMs(a) || a.detectedAt - b.detectedAt)
    .slice(0, INCIDENTS_SHOWN)
    .toSorted((a, b) => a.detectedAt - b.detectedAt);
  const after = (incident: Incident, ms: number | undefined) =>
    ms === undefined ? '–' : `+ ${shortly(ms - incident.detectedAt)}`;
  const rest = incidents.length - shown.length;
  return {
    intro:
      incidents.length === 0
        ? `No credential of high or critical severity leaked in this period (${period.timeZone}).`
        : `${count(incidents.length)} credentials of high or critical severity leaked; ${count(open.length)} of them are not proven dead.${rest > 0 ? ` The table shows the ${shown.length} that took longest or are open; ${FILES.incidents.path} has all.` : ''}`,
    rows: shown.map((incident) => ({
      credential: incident.redactedKey === '' ? incident.fingerprint.slice(0, 12) : incident.redactedKey,
      type: incident.secretType,
      severity: incident.severity.toLowerCase(),
      detected: at(incident.detectedAt),
      contained: after(incident, incident.containedAt),
      revoked: after(incident, incident.revokedAt),
      dead: after(incident, incident.provenDeadAt),
      notified: after(incident, incident.notifiedAt),
      outcome: incident.outcome.replaceAll('_', ' '),
    })),
  };
}

const tookMs = ({ detectedAt, provenDeadAt }: Incident): number =>
  provenDeadAt === undefined ? Infinity : provenDeadAt - detectedAt;

/** `42 s`, `12 min`, `3 h`; beyond two days in words. */
function shortly(ms: number): string {
  if (ms < MINUTE) return `${Math.max(1, Math.round(ms / 1_000))} s`;
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 48 * HOUR) return `${Math.round(ms / HOUR)} h`;
  return durationInWords(Math.round(ms / (24 * HOUR)) * 24 * HOUR);
}

/** `2026-11-21 09:30` in a time zone. */
function inZone(ms: number, timeZone: string): string {
  const parts = partsAt(ms, timeZone);
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
  return `${of('year')}-${of('month')}-${of('day')} ${of('hour')}:${of('minute')}`;
}
