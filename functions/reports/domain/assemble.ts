/** Puts a report together from what the tests found and what proves it. */
import { hash } from 'node:crypto';
import { canonicalJson } from '../../kernel/canonical-json.ts';
import { toIso } from '../../kernel/clock.ts';
import type { TestResult } from './evaluate.ts';
import type { Exception } from './exception.ts';
import type { Framework, Frameworks } from './framework.ts';
import {
  VERDICTS,
  verdictOf,
  type ControlReport,
  type Evidence,
  type Report,
  type TestReport,
} from './report.ts';
import { uuidOf } from './uuid.ts';

/** Failures that a report shows one by one; the list of evidence has more of them. */
export const FAILURES_SHOWN = 20;

export interface Findings extends Omit<Report, 'id' | 'framework' | 'verdicts' | 'controls' | 'exceptions'> {
  readonly results: readonly TestResult[];
  /** By place in the log: of everything that results name. */
  readonly evidence: ReadonlyMap<number, Evidence>;
  /** Those of the whole deployment. */
  readonly exceptions: readonly Exception[];
}

/** Places of the log that a report on these results refers to, each once, in order. */
export function referredTo(results: readonly TestResult[]): number[] {
  const seqs = new Set<number>();
  for (const { sample, failures } of results) {
    for (const seq of sample) seqs.add(seq);
    for (const { seq } of failures) if (seq !== undefined) seqs.add(seq);
  }
  return [...seqs].sort((a, b) => a - b);
}

export function assemble(
  framework: Framework,
  definitions: Frameworks['tests'],
  { results, evidence, exceptions, ...rest }: Findings,
): Report {
  const { period, log } = rest;
  const onDay = toIso(period.until - 1).slice(0, 10);
  const inForce = exceptions.filter(({ acceptedOn, expiresOn }) => acceptedOn <= onDay && onDay <= expiresOn);
  const byId = new Map(results.map((result) => [result.id, result]));
  const controls = framework.controls.map((control): ControlReport => {
    const tests = control.tests.map((id): TestReport => {
      const result = byId.get(id);
      const definition = definitions[id];
      if (result === undefined || definition === undefined)
        throw new Error(`${framework.id} ${control.id} names the test ${id}, which was not run.`);
      return reportOf(result, definition, evidence, inForce);
    });
    return { ...control, tests, verdict: verdictOf(tests) };
  });
  const used = new Set(
    controls.flatMap(({ tests }) =>
      tests.flatMap(({ failing }) => failing.flatMap(({ exception }) => exception ?? [])),
    ),
  );
  const { id, title, version, source } = framework;
  const named = framework.controls.flatMap(({ tests }) => tests);
  const asked = named.map((test) => [test, definitions[test] ?? null]);
  const answered = named.map((test) => plain(byId.get(test)));
  const [facts, sources] = [rest.facts.map((fact) => ({ ...fact })), rest.sources.map((one) => ({ ...one }))];
  const drawn = { framework, asked, answered, exceptions: inForce, facts, sources };
  return {
    ...rest,
    id: uuidOf(
      'report',
      id,
      version,
      period.from,
      period.until,
      period.timeZone,
      log.origin,
      log.size,
      log.rootHash,
      hash('sha256', canonicalJson(drawn), 'hex'),
    ),
    framework: { id, title, version, source },
    verdicts: count(controls),
    controls,
    exceptions: inForce.filter((exception) => used.has(exception.id)),
  };
}

/** As JSON can say it. */
const plain = (result: TestResult | undefined) =>
  result === undefined
    ? null
    : {
        ...result,
        sample: [...result.sample],
        failures: result.failures.map((failure) => ({ ...failure })),
      };

function count(controls: readonly ControlReport[]): Report['verdicts'] {
  const of = (verdict: ControlReport['verdict']) => controls.filter((one) => one.verdict === verdict).length;
  const [passed, failed, incomplete, notApplicable, notCovered] = VERDICTS;
  return {
    [passed]: of(passed),
    [failed]: of(failed),
    [incomplete]: of(incomplete),
    [notApplicable]: of(notApplicable),
    [notCovered]: of(notCovered),
  };
}

function reportOf(
  result: TestResult,
  { title, question, population, remediation }: Frameworks['tests'][string],
  evidence: ReadonlyMap<number, Evidence>,
  exceptions: readonly Exception[],
): TestReport {
  const covering = exceptions.filter(({ test }) => test === result.id);
  const failing = result.failures.map((failure) => {
    const exception = covering.find(
      ({ subjects }) => subjects === undefined || subjects.includes(failure.subject),
    )?.id;
    const entry = failure.seq === undefined ? undefined : evidence.get(failure.seq);
    return { ...failure, ...(entry && { evidence: entry }), ...(exception !== undefined && { exception }) };
  });
  const coversAll = covering.some(({ subjects }) => subjects === undefined);
  const accepted = coversAll
    ? result.failed
    : failing.filter(({ exception }) => exception !== undefined).length;
  return {
    ...result,
    definition: { title, question, population, remediation },
    // What somebody accepted, with a date, is shown and does not decide.
    verdict: result.verdict === 'failed' && accepted === result.failed ? 'passed' : result.verdict,
    accepted,
    sampled: result.sample.flatMap((seq) => evidence.get(seq) ?? []),
    failing,
  };
}
