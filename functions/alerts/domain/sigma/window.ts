/**
 * Correlations over a sliding window. A correlation fires *at* an event: when the events of its group within the
 * timespan that ends with it, both edges included, fulfil the condition. That is a property of the set of events, so
 * it does not depend on the order in which they come, nor on how often.
 */
import type { CorrelationRule } from './rule.ts';
import { compare } from './match.ts';

/** An event that one of the correlation's rules has matched. */
export interface WindowEvent {
  /** Unique; orders events of the same time. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Names of the rules that matched. */
  readonly rules: readonly string[];
  /** Of the field that `value_count` counts. */
  readonly value?: string;
}

/** The window's conditions; `usualCount` is how many events came in the time before it, for rules that compare. */
type Correlation = Pick<CorrelationRule, 'type' | 'rules' | 'timespanMs' | 'thresholds' | 'usual'>;

function byTime(one: WindowEvent, other: WindowEvent): number {
  return one.at - other.at || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0);
}

/** Of which events of a window `added` may change whether the correlation fires there: itself and those after it. */
export function firesAt(
  correlation: Correlation,
  events: readonly WindowEvent[],
  added: WindowEvent,
  usualCount: (at: number) => number = () => 0,
): readonly WindowEvent[] {
  const sorted = events.toSorted(byTime);
  return sorted.filter(
    (event) =>
      event.at >= added.at &&
      event.at <= added.at + correlation.timespanMs &&
      byTime(event, added) >= 0 &&
      holdsAt(correlation, sorted, event, usualCount(event.at)),
  );
}

function holdsAt(
  correlation: Correlation,
  sorted: readonly WindowEvent[],
  last: WindowEvent,
  usualCount: number,
) {
  const window = sorted.filter(
    (event) => event.at >= last.at - correlation.timespanMs && byTime(event, last) <= 0,
  );
  const count = measure(correlation, window);
  const fits = correlation.thresholds.every((threshold) => compare(threshold.op, count, threshold.count));
  if (!fits || !correlation.usual) return fits;
  const { overMs, factor } = correlation.usual;
  return count >= (factor * usualCount * correlation.timespanMs) / overMs;
}

function measure({ type, rules }: Correlation, window: readonly WindowEvent[]): number {
  switch (type) {
    case 'event_count':
      return window.length;
    case 'value_count':
      return new Set(window.flatMap(({ value }) => (value === undefined ? [] : [value]))).size;
    case 'temporal':
      return rules.filter((rule) => window.some((event) => event.rules.includes(rule))).length;
    case 'temporal_ordered':
      return inOrder(rules, window) ? rules.length : 0;
  }
}

/** Whether there is an event for each rule, none before that of the rule before it. Taking the earliest is enough. */
function inOrder(rules: readonly string[], window: readonly WindowEvent[]): boolean {
  let from = -Infinity;
  for (const rule of rules) {
    const next = window.find((event) => event.at >= from && event.rules.includes(rule));
    if (!next) return false;
    from = next.at;
  }
  return true;
}
