/** Runs the tests over a period of the log, in one pass: what is kept of an entry is its place, its time and its key. */
import { fromIso, toIso } from '../../kernel/clock.ts';
import { durationInWords } from './duration.ts';
import type { Configuration, Fact, UnreadFact } from './facts.ts';
import type { TestDefinition } from './framework.ts';
import type { LogEntry } from './log-entry.ts';
import { rankBy, Sample, type RankOf } from './sample.ts';
import { fits, meets, memberOf } from './select-entries.ts';

/** From, inclusive, until, exclusive; milliseconds since the epoch. */
export interface Period {
  readonly from: number;
  readonly until: number;
}

/** What a report draws on, and whether it could be read. */
export interface Source {
  readonly name: 'audit log' | 'configuration';
  /** Why it could not be read. */
  readonly missing?: string;
}

export type Verdict =
  | 'passed'
  | 'failed'
  /** There was nothing that it asks about. */
  | 'not_applicable'
  /** Its source could not be read. */
  | 'incomplete'
  /** Nothing here shows it. */
  | 'not_covered';

export interface Failure {
  /** The entry, where there is one: a gap has none. */
  readonly seq?: number;
  readonly subject: string;
  /** What is wrong with it, in a few words. */
  readonly why: string;
}

export interface TestResult {
  readonly id: string;
  readonly verdict: Exclude<Verdict, 'not_covered'>;
  /** What was looked at, how many. */
  readonly population: number;
  readonly failed: number;
  /** Not failed, but their time is not over where the log ends. */
  readonly pending: number;
  /** The first of them, {@link FAILURES_KEPT} at most. */
  readonly failures: readonly Failure[];
  /** Places of entries for a person to look at: a sample of the population. */
  readonly sample: readonly number[];
  /** What a reader needs to know besides. */
  readonly note?: string;
}

/** Failures of one test that a report names; beyond that it counts. */
export const FAILURES_KEPT = 1_000;
/** Entries in a sample: what auditors draw of a control that acts many times a day. */
export const SAMPLE_SIZE = 25;

/** The log as far as it was read. */
export interface LogEnd {
  /** Until when it was read, milliseconds since the epoch: later than the period where a response may come after it. */
  readonly readUntil: number;
  /** Why it could not be read to there. */
  readonly missing?: string;
}

interface Running {
  /** Whether it draws on the log, and not on the configuration. */
  readonly readsLog: boolean;
  take(entry: LogEntry, at: number, isInPeriod: boolean): void;
  result(end: LogEnd): Omit<TestResult, 'id'>;
}

/** How long after the period the log has to be read on. Milliseconds. */
export function readOn(tests: Readonly<Record<string, TestDefinition>>): number {
  return Math.max(0, ...Object.values(tests).map((test) => ('follows' in test ? test.follows.within : 0)));
}

/**
 * @param seed of the samples: what identifies the log and the period
 * @param configuration or why nothing of it could be read
 */
export class Evaluation {
  readonly #period: Period;
  readonly #running: ReadonlyMap<string, Running>;
  readonly #byType = new Map<string, Running[]>();

  constructor(
    tests: Readonly<Record<string, TestDefinition>>,
    period: Period,
    seed: string,
    configuration: Configuration | { readonly missing: string },
  ) {
    this.#period = period;
    const rankOf = rankBy(seed);
    this.#running = new Map(
      Object.entries(tests).map(([id, test]) => [id, start(test, period, rankOf, configuration)]),
    );
    for (const [id, test] of Object.entries(tests)) {
      const running = this.#running.get(id);
      if (running === undefined) continue;
      for (const type of typesOf(test)) this.#byType.set(type, [...(this.#byType.get(type) ?? []), running]);
    }
  }

  /** In any order; those after the period count as responses only. */
  take(entry: LogEntry): void {
    const at = fromIso(entry.time);
    if (at === undefined || at < this.#period.from) return;
    const isInPeriod = at < this.#period.until;
    for (const running of this.#byType.get(entry.type) ?? []) running.take(entry, at, isInPeriod);
  }

  end(end: LogEnd): TestResult[] {
    return [...this.#running].map(([id, running]) => {
      const result = running.result(end);
      return running.readsLog && end.missing !== undefined
        ? { id, ...asIncomplete(result, `The audit log could not be read to its end: ${end.missing}`) }
        : { id, ...result };
    });
  }
}

function typesOf(test: TestDefinition): readonly string[] {
  if ('every' in test) return test.every.of.type;
  if ('never' in test) return [...new Set([...test.never.of.type, ...test.never.among.type])];
  if ('recurs' in test) return test.recurs.of.type;
  if ('follows' in test) return [...new Set([...test.follows.trigger.type, ...test.follows.response.type])];
  return [];
}

function start(
  test: TestDefinition,
  period: Period,
  rankOf: RankOf,
  configuration: Configuration | { readonly missing: string },
): Running {
  const tally = new Tally(test, rankOf);
  if ('every' in test) return every(test.every, tally);
  if ('never' in test) return never(test.never, tally);
  if ('follows' in test) return follows(test.follows, tally);
  if ('recurs' in test) return recurs(test.recurs, period, tally);
  return 'missing' in configuration
    ? {
        readsLog: false,
        take: () => undefined,
        result: () => tally.incomplete(`The configuration could not be read: ${configuration.missing}`),
      }
    : settled(test.fact, configuration, tally);
}

/** What every kind of test counts. */
class Tally {
  readonly #empty: TestDefinition['empty'];
  readonly #sample: Sample;
  #failures: Failure[] = [];
  #population = 0;
  #failed = 0;
  #pending = 0;

  constructor({ empty }: TestDefinition, rankOf: RankOf) {
    this.#empty = empty;
    this.#sample = new Sample(SAMPLE_SIZE, rankOf);
  }

  looked(seq?: number): void {
    this.#population += 1;
    if (seq !== undefined) this.#sample.offer(seq);
  }

  failed(failure: Failure): void {
    this.#failed += 1;
    this.#failures.push(failure);
    if (this.#failures.length >= 2 * FAILURES_KEPT) this.#failures = firstOf(this.#failures);
  }

  pending(): void {
    this.#pending += 1;
  }

  result(): Omit<TestResult, 'id'> {
    return {
      verdict: this.#verdict(),
      population: this.#population,
      failed: this.#failed,
      pending: this.#pending,
      failures: firstOf(this.#failures),
      sample: this.#sample.seqs(),
      ...(this.#pending > 0 && {
        note: `${this.#pending} of ${this.#population} had time left where the log was read to; they count neither way.`,
      }),
    };
  }

  #verdict(): TestResult['verdict'] {
    if (this.#failed > 0) return 'failed';
    if (this.#population === 0) return this.#empty;
    // As long as all of them have time left, nothing was shown.
    return this.#pending === this.#population ? 'not_applicable' : 'passed';
  }

  incomplete(note: string): Omit<TestResult, 'id'> {
    return asIncomplete(this.result(), note);
  }
}

/** What could not be read decides nothing where what was read has failed. */
function asIncomplete(result: Omit<TestResult, 'id'>, note: string): Omit<TestResult, 'id'> {
  return { ...result, verdict: result.verdict === 'failed' ? 'failed' : 'incomplete', note };
}

/** In the order of the log, whatever the order in which they came. */
function firstOf(failures: readonly Failure[]): Failure[] {
  return failures
    .toSorted((a, b) => (a.seq ?? -1) - (b.seq ?? -1) || compare(a.subject, b.subject))
    .slice(0, FAILURES_KEPT);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function every(rule: Extract<TestDefinition, { every: unknown }>['every'], tally: Tally): Running {
  return {
    readsLog: true,
    take: (entry, _at, isInPeriod) => {
      if (!isInPeriod || !fits(entry, rule.of)) return;
      tally.looked(entry.seq);
      const why = whatIsWrong(entry, rule);
      if (why !== undefined) tally.failed({ seq: entry.seq, subject: entry.subject, why });
    },
    result: () => tally.result(),
  };
}

function whatIsWrong(
  entry: LogEntry,
  { has = {}, present = [], differ }: Extract<TestDefinition, { every: unknown }>['every'],
): string | undefined {
  const other = Object.entries(has).find(([path, values]) => !meets(entry, { [path]: values }));
  if (other !== undefined) return `${other[0]} is not ${other[1].join(' or ')}`;
  const absent = present.find((path) => isEmpty(memberOf(entry, path)));
  if (absent !== undefined) return `${absent} is missing`;
  if (differ !== undefined && memberOf(entry, differ[0]) === memberOf(entry, differ[1]))
    return `${differ[0]} and ${differ[1]} are the same`;
  return undefined;
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

function never({ of, among }: Extract<TestDefinition, { never: unknown }>['never'], tally: Tally): Running {
  return {
    readsLog: true,
    take: (entry, _at, isInPeriod) => {
      if (!isInPeriod) return;
      const isOne = fits(entry, of);
      if (isOne || fits(entry, among)) tally.looked(entry.seq);
      if (isOne) tally.failed({ seq: entry.seq, subject: entry.subject, why: 'it happened' });
    },
    result: () => tally.result(),
  };
}

/** Entries by what they have in common, in numbers only: there may be a million. */
class Moments {
  readonly #keys = new Map<string, number>();
  readonly #key: number[] = [];
  readonly #at: number[] = [];
  readonly #seq: number[] = [];

  add(key: string, at: number, seq: number): void {
    let number = this.#keys.get(key);
    if (number === undefined) {
      number = this.#keys.size;
      this.#keys.set(key, number);
    }
    this.#key.push(number);
    this.#at.push(at);
    this.#seq.push(seq);
  }

  /** By key, the times, in order. */
  times(): ReadonlyMap<string, readonly number[]> {
    const byNumber: number[][] = Array.from({ length: this.#keys.size }, () => []);
    this.#key.forEach((number, index) => byNumber[number]?.push(this.#at[index] ?? 0));
    for (const times of byNumber) times.sort((a, b) => a - b);
    return new Map([...this.#keys].map(([key, number]) => [key, byNumber[number] ?? []]));
  }

  *[Symbol.iterator](): Generator<{ readonly key: string; readonly at: number; readonly seq: number }> {
    const names = [...this.#keys.keys()];
    for (const [index, number] of this.#key.entries())
      yield { key: names[number] ?? '', at: this.#at[index] ?? 0, seq: this.#seq[index] ?? 0 };
  }
}

function follows(
  { trigger, response, same, within }: Extract<TestDefinition, { follows: unknown }>['follows'],
  tally: Tally,
): Running {
  const triggers = new Moments();
  const responses = new Moments();
  const keyOf = (entry: LogEntry): string => {
    const value = memberOf(entry, same);
    return isEmpty(value) ? '' : JSON.stringify(value);
  };
  return {
    readsLog: true,
    take: (entry, at, isInPeriod) => {
      if (isInPeriod && fits(entry, trigger)) triggers.add(keyOf(entry), at, entry.seq);
      // One entry may be both: an alert that is resolved at once.
      if (fits(entry, response)) responses.add(keyOf(entry), at, entry.seq);
    },
    result: ({ readUntil }) => {
      const answers = responses.times();
      for (const { key, at, seq } of triggers) {
        tally.looked(seq);
        // What says of itself to nothing it belongs cannot be followed by anything.
        const answered = key === '' ? undefined : firstFrom(answers.get(key) ?? [], at);
        if (answered !== undefined && answered - at <= within) continue;
        if (answered === undefined && at + within >= readUntil && key !== '') tally.pending();
        else
          tally.failed({
            seq,
            subject: key === '' ? `entry ${seq}` : subjectOf(key),
            why:
              key === ''
                ? `it has no ${same}`
                : answered === undefined
                  ? `nothing followed within ${durationInWords(within)}`
                  : `it took ${durationInWords(roundUp(answered - at))}, more than ${durationInWords(within)}`,
          });
      }
      return tally.result();
    },
  };
}

const roundUp = (ms: number): number => Math.ceil(ms / 60_000) * 60_000;
const subjectOf = (key: string): string => (key.startsWith('"') ? key.slice(1, -1) : key);

/** The first time that is not before `at`. */
function firstFrom(times: readonly number[], at: number): number | undefined {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return times[low];
}

function recurs(
  { of, within }: Extract<TestDefinition, { recurs: unknown }>['recurs'],
  { from, until }: Period,
  tally: Tally,
): Running {
  const times: number[] = [];
  return {
    readsLog: true,
    take: (entry, at, isInPeriod) => {
      if (!isInPeriod || !fits(entry, of)) return;
      times.push(at);
      tally.looked(entry.seq);
    },
    result: ({ readUntil }) => {
      times.sort((a, b) => a - b);
      const end = Math.min(until, readUntil);
      let last = from;
      for (const at of [...times, end]) {
        if (at - last > within)
          tally.failed({
            subject: toIso(last),
            why: `nothing for ${durationInWords(roundUp(at - last))}, until ${toIso(at)}`,
          });
        last = at;
      }
      return tally.result();
    },
  };
}

function settled(
  rule: Extract<TestDefinition, { fact: unknown }>['fact'],
  { facts, unread }: Configuration,
  tally: Tally,
): Running {
  return {
    readsLog: false,
    take: () => undefined,
    result: () => {
      for (const { subject, value } of facts.filter(({ name }) => name === rule.name)) {
        tally.looked();
        const why = whatIsUnsettled(rule, value);
        if (why !== undefined) tally.failed({ subject, why: `it is ${String(value)}, ${why}` });
      }
      const missing = unread.filter(({ name }) => name === rule.name);
      return missing.length === 0 ? tally.result() : tally.incomplete(inWords(missing));
    },
  };
}

/** Of many that could not be read, so many are named. */
const UNREAD_NAMED = 3;

function inWords(missing: readonly UnreadFact[]): string {
  const named = missing.slice(0, UNREAD_NAMED).map(({ subject, unread }) => `${subject} (${unread})`);
  const more = missing.length - named.length;
  return `Could not be read: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}

function whatIsUnsettled(
  { is, at_least: least, at_most: most }: Extract<TestDefinition, { fact: unknown }>['fact'],
  value: Fact['value'],
): string | undefined {
  if (is !== undefined && !is.includes(value)) return `not ${is.join(' or ')}`;
  if (least !== undefined && !(typeof value === 'number' && value >= least)) return `less than ${least}`;
  if (most !== undefined && !(typeof value === 'number' && value <= most)) return `more than ${most}`;
  return undefined;
}
