/** The rules, made ready to be asked: what an event matches, and what has to be looked at because of it. */
import { alertOf, digest, keyOf, type Alert, type AlertEvent } from './event.ts';
import { labelsOf, type LabelName } from './labels.ts';
import { createMatcher } from './sigma/match.ts';
import type { AbsenceRule, AlertRule, CorrelationRule, DetectionRule } from './sigma/rule.ts';
import { firesAt, type WindowEvent } from './sigma/window.ts';

/** A correlation's window that an event belongs to. */
export interface WindowEntry {
  readonly rule: CorrelationRule;
  /** Names the window: the rule and the values that it groups by. */
  readonly key: string;
  readonly entry: WindowEvent;
  readonly event: AlertEvent;
}

/** How far a subject (a case, an alarm) has come by an event. */
export interface SubjectChange {
  readonly subject: string;
  readonly state: 'acknowledged' | 'over';
  readonly at: number;
}

/** To look again later whether something has come. */
export interface AbsenceCheck {
  readonly rule: AbsenceRule;
  readonly key: string;
  readonly event: AlertEvent;
}

export interface Matches {
  readonly alerts: readonly Alert[];
  readonly windows: readonly WindowEntry[];
  readonly changes: readonly SubjectChange[];
  readonly checks: readonly AbsenceCheck[];
  /** Keys of absences that this event ends. */
  readonly seen: readonly { readonly key: string; readonly at: number; readonly id: string }[];
}

export class RuleBook {
  readonly #detections: readonly { rule: DetectionRule; matches: ReturnType<typeof createMatcher> }[];
  readonly #correlations: readonly CorrelationRule[];
  readonly #absences: readonly AbsenceRule[];
  readonly #byName: ReadonlyMap<string, AlertRule>;
  readonly #inhibitors: ReadonlySet<string>;

  constructor(rules: readonly AlertRule[]) {
    this.#byName = new Map(rules.map((rule) => [rule.name, rule]));
    this.#detections = rules.flatMap((rule) =>
      rule.kind === 'detection' ? [{ rule, matches: createMatcher(rule) }] : [],
    );
    this.#correlations = rules.filter((rule) => rule.kind === 'correlation');
    this.#absences = rules.filter((rule) => rule.kind === 'absence');
    this.#inhibitors = new Set(rules.flatMap((rule) => rule.alert?.inhibitedBy?.rule ?? []));
  }

  rule(name: string): AlertRule | undefined {
    return this.#byName.get(name);
  }

  /** Whether other alerts are kept back while this rule fires. */
  inhibits(name: string): boolean {
    return this.#inhibitors.has(name);
  }

  /** Rules that an alert of this one keeps back. */
  inhibitedBy(name: string): readonly AlertRule[] {
    return [...this.#byName.values()].filter((rule) => rule.alert?.inhibitedBy?.rule === name);
  }

  match(event: AlertEvent): Matches {
    const matched = this.#detections.filter(({ matches }) => matches(event.fields)).map(({ rule }) => rule);
    const names = new Set(matched.map(({ name }) => name));
    const change = (label: LabelName | undefined, state: SubjectChange['state']): SubjectChange[] => {
      const value = label && labelsOf(event.fields)[label];
      return label && value !== undefined ? [{ subject: subjectOf(label, value), state, at: event.at }] : [];
    };
    return {
      alerts: matched.filter(({ alert }) => alert).map(({ name }) => alertOf(name, event)),
      windows: this.#correlations
        .filter((rule) => rule.rules.some((name) => names.has(name)))
        .map((rule) => windowEntry(rule, event, [...names])),
      changes: matched.flatMap(({ closes, acknowledges }) => [
        ...change(closes, 'over'),
        ...change(acknowledges, 'acknowledged'),
      ]),
      checks: this.#absences
        .filter(({ after }) => names.has(after))
        .map((rule) => ({ rule, key: keyOf(rule.name, event.fields, rule.equal), event })),
      seen: this.#absences
        .filter(({ expected }) => names.has(expected))
        .map(({ name, equal }) => ({ key: keyOf(name, event.fields, equal), at: event.at, id: event.id })),
    };
  }
}

/** Names what an alert is about, across rules: `fingerprint#f1f1…` */
export function subjectOf(label: LabelName, value: string): string {
  return `${label}#${value}`;
}

function windowEntry(rule: CorrelationRule, event: AlertEvent, names: readonly string[]): WindowEntry {
  const matched = rule.rules.filter((name) => names.includes(name));
  const fields = rule.groupBy.map((field) => {
    const alias = rule.aliases[field];
    return alias ? (matched.map((name) => alias[name]).find((one) => one !== undefined) ?? field) : field;
  });
  const value = rule.field === undefined ? undefined : event.fields[rule.field];
  return {
    rule,
    key: keyOf(rule.name, event.fields, fields),
    event,
    entry: {
      id: event.id,
      at: event.at,
      rules: matched,
      ...(value === undefined || value === null ? {} : { value: digest(JSON.stringify(value)) }),
    },
  };
}

/**
 * What a window's content says after an event was added: one alert for each period of the timespan in which the
 * correlation fires, however often.
 */
export function correlate(
  { rule, key, entry, event }: WindowEntry,
  content: readonly WindowEvent[],
  usualCount: number,
): readonly Alert[] {
  const fired = firesAt(rule, content, entry, () => usualCount);
  const periods = new Map(fired.map(({ at }) => [periodOf(rule, at), at]));
  return Array.from(periods, ([period, at]) => ({
    id: firingId(rule, key, period),
    rule: rule.name,
    at,
    labels: labelsOf(event.fields),
  }));
}

const periodOf = (rule: CorrelationRule, at: number): number => Math.floor(at / rule.timespanMs);
const firingId = (rule: CorrelationRule, key: string, period: number): string =>
  digest(rule.name, key, period);

/** Clocks of publishers agree with ours to within this. */
const SKEW_MS = 60_000;

/**
 * The alert that an event could still raise, if it is that of one period alone: where it was raised already there is
 * nothing to look for. Undefined where the event may also have completed what comes in the next period.
 */
export function onlyFiring({ rule, key, entry }: WindowEntry, now: number): string | undefined {
  const period = periodOf(rule, entry.at);
  const upwards = rule.thresholds.every(({ op }) => op === 'gte' || op === 'gt');
  return upwards && now + SKEW_MS < (period + 1) * rule.timespanMs ? firingId(rule, key, period) : undefined;
}

/** When the period after an event's begins, milliseconds since the epoch. */
export function nextPeriod({ rule, entry }: WindowEntry): number {
  return (periodOf(rule, entry.at) + 1) * rule.timespanMs;
}

/** How many events on each side of an added one can matter; `undefined` where every one of the window can. */
export function enoughEvents(rule: CorrelationRule, usualCount: number): number | undefined {
  const upwards = rule.thresholds.every(({ op }) => op === 'gte' || op === 'gt');
  if (rule.type !== 'event_count' || !upwards) return undefined;
  const usual = rule.usual
    ? Math.ceil((rule.usual.factor * usualCount * rule.timespanMs) / rule.usual.overMs)
    : 0;
  return Math.max(usual, ...rule.thresholds.map(({ count }) => count)) + 1;
}
