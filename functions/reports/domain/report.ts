/** A report as every form of it is made from: decided, counted and drawn, with nothing left to compute. */
import type { Failure, Period, Source, TestResult, Verdict } from './evaluate.ts';
import type { Fact } from './facts.ts';
import type { Exception } from './exception.ts';
import type { Control, Framework, TestDefinition } from './framework.ts';
import type { Incident } from './incidents.ts';

/** An entry of the log that a report refers to, and what proves that it is in the log. */
export interface Evidence {
  readonly seq: number;
  readonly time: string;
  readonly type: string;
  readonly actor: string;
  readonly subject: string;
  /** Hex SHA-256: the leaf of the log's tree. */
  readonly leafHash: string;
  /** Hex SHA-256 each: from the leaf up to the root of the checkpoint. */
  readonly proof: readonly string[];
}

export interface TestReport extends TestResult {
  readonly definition: Pick<TestDefinition, 'title' | 'question' | 'population' | 'remediation'>;
  /** Failures that an exception covers; they do not count. */
  readonly accepted: number;
  readonly sampled: readonly Evidence[];
  readonly failing: readonly (Failure & { readonly evidence?: Evidence; readonly exception?: string })[];
}

export interface ControlReport extends Omit<Control, 'tests'> {
  readonly verdict: Verdict;
  readonly tests: readonly TestReport[];
}

/** The checkpoint that all evidence is proved against. */
export interface LogHead {
  readonly origin: string;
  readonly size: number;
  /** Base64, as the checkpoint writes it. */
  readonly rootHash: string;
  /** The signed note itself. */
  readonly checkpoint: string;
}

/** Counts of one day, UTC. */
export interface Day {
  /** `2026-11-21`. */
  readonly day: string;
  readonly findings: Readonly<Record<string, number>>;
}

export interface Report {
  /** The same for the same framework, period and log. */
  readonly id: string;
  readonly framework: Pick<Framework, 'id' | 'title' | 'version' | 'source'>;
  readonly deployment: string;
  readonly period: Period & { readonly timeZone: string };
  /** Milliseconds since the epoch: all that differs between two reports of the same. */
  readonly generatedAt: number;
  readonly log: LogHead;
  readonly sources: readonly Source[];
  /** Entries of the log that lie in the period. */
  readonly entries: number;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** Of the period before, where there is a report. */
  readonly before?: Readonly<Record<Verdict, number>>;
  readonly controls: readonly ControlReport[];
  readonly incidents: readonly Incident[];
  readonly exceptions: readonly Exception[];
  readonly days: readonly Day[];
  readonly facts: readonly Fact[];
}

export const VERDICTS = [
  'passed',
  'failed',
  'incomplete',
  'not_applicable',
  'not_covered',
] as const satisfies Verdict[];

/** What a control's tests say together: one that failed decides, then one that could not be read. */
export function verdictOf(tests: readonly { readonly verdict: TestResult['verdict'] }[]): Verdict {
  const said = new Set(tests.map(({ verdict }) => verdict));
  if (said.size === 0) return 'not_covered';
  for (const verdict of ['failed', 'incomplete', 'passed'] as const) if (said.has(verdict)) return verdict;
  return 'not_applicable';
}
