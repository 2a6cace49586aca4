/** Which entries were scanned, as intervals of positions: the same message again covers the same. */
import { SCANNED_BLOCK, utcDay } from '../../contracts/daily-metrics.ts';
import type { EntryBatch } from '../../contracts/ingest.ts';
import { toIso } from '../../kernel/clock.ts';
import { union, type Interval } from '../../kernel/intervals.ts';

/** What was scanned of one block of a log on one UTC day. */
export interface Coverage {
  readonly day: string;
  readonly core: string;
  readonly fork: number;
  /** Positions from `block * SCANNED_BLOCK` on. */
  readonly block: number;
  readonly intervals: readonly Interval[];
}

/**
 * An entry counts for the day on which it was shipped, not for the one of an attempt: a retry after midnight must find
 * what the attempt before it recorded. The segments of a long entry cover its one position.
 */
export function coverageOf(batches: readonly EntryBatch[]): readonly Coverage[] {
  const found = new Map<string, Coverage & { readonly intervals: Interval[] }>();
  for (const { core, fork, shippedAt, entries } of batches) {
    const day = utcDay(toIso(shippedAt));
    for (const { seq } of entries) {
      const block = Math.floor(seq / SCANNED_BLOCK);
      const key = `${day} ${core} ${fork} ${block}`;
      const known = found.get(key) ?? { day, core, fork, block, intervals: [] };
      const last = known.intervals.at(-1);
      // Positions mostly come in a row: lengthen the interval instead of collecting thousands.
      if (last?.[1] === seq) known.intervals[known.intervals.length - 1] = [last[0], seq + 1];
      else known.intervals.push([seq, seq + 1]);
      found.set(key, known);
    }
  }
  return [...found.values()].map((one) => ({ ...one, intervals: union(one.intervals) }));
}

/** How many rules were added, changed or taken away between two packs; digests by name. */
export function rulesChanged(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): number {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]).length;
}
