/** From `start` up to and without `end`. */
export type Interval = readonly [start: number, end: number];

/**
 * What lies in any of the intervals, as few intervals in ascending order. Adding an interval twice, or intervals in
 * another order, gives the same: a repeated message cannot be counted twice by it.
 */
export function union(intervals: readonly Interval[]): readonly Interval[] {
  const merged: [number, number][] = [];
  for (const [start, end] of intervals.toSorted(([a], [b]) => a - b)) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else if (end > start) merged.push([start, end]);
  }
  return merged;
}

/** How many whole numbers lie in intervals that do not overlap. */
export function lengthOf(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, [start, end]) => sum + end - start, 0);
}

/** Intervals from `[start, end, start, end, …]`, the way that they rest in a table. */
export function fromFlat(flat: readonly number[]): readonly Interval[] {
  const found: Interval[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) found.push([flat[at] ?? 0, flat[at + 1] ?? 0]);
  return found;
}
