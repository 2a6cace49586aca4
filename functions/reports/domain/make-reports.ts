/** Makes reports on one period: all frameworks from one pass over the log, and nothing that looks whole before it is. */
import { hash } from 'node:crypto';
import { fromIso, toIso, type Clock } from '../../kernel/clock.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { assemble, referredTo } from './assemble.ts';
import { Evaluation, readOn, type Source } from './evaluate.ts';
import type { Exception } from './exception.ts';
import type { Configuration } from './facts.ts';
import type { Framework, Frameworks } from './framework.ts';
import { Incidents } from './incidents.ts';
import type { LogEntry } from './log-entry.ts';
import type { ZonedPeriod } from './period.ts';
import { openLog, type LogOptions } from './read-log.ts';
import type { Day, Report } from './report.ts';
import type { ReportFile } from './render/forms.ts';
import { MANIFEST_PATH } from './render/manifest.ts';
import { dataFolder, runFolder, type ReportStore, type Verdicts } from './report-store.ts';
import { memberOf } from './select-entries.ts';

export interface ReportRequest {
  /** Ids, each once. */
  readonly frameworks: readonly string[];
  readonly period: ZonedPeriod;
}

export interface MakeReports {
  readonly compiled: Frameworks;
  /** What the deployment is called. */
  readonly deployment: string;
  readonly log: LogOptions;
  /** The deployed settings, or why none of them can be read. */
  readonly configuration: () => Promise<Configuration | { readonly missing: string }>;
  readonly exceptions: readonly Exception[];
  readonly render: (report: Report) => readonly ReportFile[];
  /** Names every file with its digest. */
  readonly manifest: (report: Report, files: readonly ReportFile[]) => Promise<ReportFile>;
  /** What the report on the period before said, where there is one. */
  readonly before: (framework: string, period: ZonedPeriod) => Promise<Verdicts | undefined>;
  readonly store: ReportStore;
  /** Told of each as soon as it is there in whole. */
  readonly made: (report: MadeReport) => Promise<void>;
  readonly clock: Clock;
}

export interface MadeReport {
  readonly id: string;
  readonly framework: Pick<Framework, 'id' | 'title' | 'version'>;
  readonly period: ZonedPeriod;
  readonly verdicts: Verdicts;
  /** Hex, of the manifest, which has those of all files. */
  readonly manifestSha256: string;
  /** Entries of the log that its evidence is proved to be in. */
  readonly logSize: number;
  /** Where it lies in its store. */
  readonly folder: string;
  /** It was there before, from the same data. */
  readonly isOld: boolean;
}

/**
 * @returns reports in the order in which they were asked for; or why there is none
 * @throws where a source or the store fails: what was written then has no manifest, and counts as nothing
 */
export async function makeReports(
  request: ReportRequest,
  ports: MakeReports,
): Promise<Result<readonly MadeReport[], string>> {
  const frameworks = frameworksOf(request, ports.compiled);
  if (!frameworks.ok) return frameworks;
  const findings = await gather(request.period, testsOf(frameworks.value, ports.compiled), ports);
  if (!findings.ok) return findings;
  const made: MadeReport[] = [];
  for (const framework of frameworks.value) {
    const before = await ports.before(framework.id, request.period);
    const report = assemble(framework, ports.compiled.tests, {
      ...findings.value,
      ...(before && { before }),
    });
    const kept = await keep(report, request.period, ports);
    await ports.made(kept);
    made.push(kept);
  }
  return ok(made);
}

function frameworksOf(
  { frameworks }: ReportRequest,
  { frameworks: known }: Frameworks,
): Result<readonly Framework[], string> {
  const found: Framework[] = [];
  for (const id of frameworks) {
    const framework = known.find((one) => one.id === id);
    if (framework === undefined)
      return err(`There is no framework ${id}: there are ${known.map((one) => one.id).join(', ')}.`);
    found.push(framework);
  }
  return found.length > 0 ? ok(found) : err('Name a framework to report on.');
}

function testsOf(frameworks: readonly Framework[], { tests }: Frameworks): Frameworks['tests'] {
  const asked = new Set(frameworks.flatMap(({ controls }) => controls.flatMap((control) => control.tests)));
  return Object.fromEntries(Object.entries(tests).filter(([id]) => asked.has(id)));
}

type Gathered = Omit<Parameters<typeof assemble>[2], 'before'>;

/** One pass over the log for all tests. */
async function gather(
  period: ZonedPeriod,
  tests: Frameworks['tests'],
  { log, configuration, exceptions, deployment, clock }: MakeReports,
): Promise<Result<Gathered, string>> {
  const generatedAt = clock.now();
  if (period.from >= generatedAt)
    return err(`The period begins on ${period.firstDate} in ${period.timeZone}, which is still to come.`);
  const until = period.until + readOn(tests);
  const opened = await openLog(log, { from: period.from, until });
  if (!opened.ok) return opened;
  const { head } = opened.value;
  const settings = await configuration();
  const seed = [head.origin, head.size, head.rootHash, period.from, period.until].join('\n');
  const evaluation = new Evaluation(tests, period, seed, settings);
  const incidents = new Incidents(period);
  const counts = new Counts(period);
  const read = await opened.value.pass((entry) => {
    evaluation.take(entry);
    incidents.take(entry);
    counts.take(entry);
  });
  if (!read.ok) return read;
  const results = evaluation.end({ readUntil: Math.min(until, generatedAt) });
  const evidence = await opened.value.prove(referredTo(results));
  if (!evidence.ok) return evidence;
  return ok({
    deployment,
    period: { from: period.from, until: period.until, timeZone: period.timeZone },
    generatedAt,
    log: head,
    sources: [{ name: 'audit log' }, configurationSource(settings)],
    entries: counts.entries,
    results,
    evidence: evidence.value,
    exceptions,
    incidents: incidents.all(),
    days: counts.days(),
    facts: 'missing' in settings ? [] : settings.facts,
  });
}

function configurationSource(settings: Configuration | { readonly missing: string }): Source {
  if ('missing' in settings) return { name: 'configuration', missing: settings.missing };
  const { length } = settings.unread;
  if (length === 0) return { name: 'configuration' };
  const told = length === 1 ? 'one setting' : `${length} settings`;
  return { name: 'configuration', missing: `${told} could not be read` };
}

/** How much happened in a period, by day (UTC). */
class Counts {
  entries = 0;
  readonly #period: ZonedPeriod;
  readonly #byDay = new Map<string, Record<string, number>>();

  constructor(period: ZonedPeriod) {
    this.#period = period;
    for (let at = period.from; at < period.until; at += 86_400_000) this.#byDay.set(dayOf(at), {});
    this.#byDay.set(dayOf(period.until - 1), {});
  }

  take(entry: LogEntry): void {
    const at = fromIso(entry.time);
    if (at === undefined || at < this.#period.from || at >= this.#period.until) return;
    this.entries += 1;
    const severity = memberOf(entry, 'data.severity');
    if (entry.type !== 'finding' || typeof severity !== 'string') return;
    const day = this.#byDay.get(dayOf(at));
    if (day) day[severity] = (day[severity] ?? 0) + 1;
  }

  days(): readonly Day[] {
    return [...this.#byDay].map(([day, findings]) => ({ day, findings }));
  }
}

const dayOf = (ms: number): string => toIso(ms).slice(0, 10);

/** Writes a report down, its manifest last; unless one of the same data is there. */
async function keep(report: Report, period: ZonedPeriod, ports: MakeReports): Promise<MadeReport> {
  const { store, render, manifest } = ports;
  const { id, framework, verdicts, generatedAt, log } = report;
  const made = (folder: string, note: Uint8Array, isOld: boolean): MadeReport => ({
    ...{ id, framework, period, verdicts, folder, isOld },
    logSize: log.size,
    manifestSha256: hash('sha256', note, 'hex'),
  });
  const [old] = await store.whole(dataFolder(framework.id, period, id));
  const note = old === undefined ? undefined : await store.read(old, MANIFEST_PATH);
  if (old !== undefined && note !== undefined) return made(old, note, true);
  const folder = runFolder(framework.id, period, id, generatedAt);
  const files = render(report);
  const last = await manifest(report, files);
  for (const file of files) await store.put(folder, file);
  await store.put(folder, last);
  return made(folder, last.bytes, false);
}
