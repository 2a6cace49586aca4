/** Counters of a UTC day: what adds to them, and what they come to. */
import { z } from 'zod';
import { RULES_UPDATED, scannedItem, utcDay } from '../../contracts/daily-metrics.ts';
import type { Severity } from '../../contracts/finding.ts';
import { IMPORTED_CORE, type QuarantineItem } from '../../contracts/quarantine.ts';
import { fromIso } from '../../kernel/clock.ts';
import { fromFlat, lengthOf, union } from '../../kernel/intervals.ts';

/**
 * Bound of the histogram's relative error. Buckets grow by (1 + a) / (1 - a), as in DDSketch (Masson, Rim, Lee: VLDB
 * 2019): any quantile is off by 1 % at most, and histograms merge by adding.
 */
export const LATENCY_ERROR = 0.01;
const GAMMA = (1 + LATENCY_ERROR) / (1 - LATENCY_ERROR);
/** Longer latencies come from entries that were shipped late or clocks that are wrong; they count as this. */
const MAX_LATENCY_MS = 7 * 86_400_000;

/** The bucket of a latency: number `i` holds (GAMMA^(i-1), GAMMA^i] ms; 0 holds everything up to 1 ms. */
export function bucketOf(latencyMs: number): number {
  const bounded = Math.min(Math.max(latencyMs, 1), MAX_LATENCY_MS);
  return Math.ceil(Math.log(bounded) / Math.log(GAMMA));
}

/** The latency in milliseconds that a bucket stands for. */
function valueOf(bucket: number): number {
  return bucket === 0 ? 1 : (2 * GAMMA ** bucket) / (GAMMA + 1);
}

/**
 * The latency that a share of all does not exceed (nearest rank), in milliseconds; undefined of none.
 * @param histogram how many latencies fell into each bucket
 */
export function quantile(histogram: ReadonlyMap<number, number>, share: number): number | undefined {
  const total = [...histogram.values()].reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let rank = Math.max(1, Math.ceil(share * total));
  for (const [bucket, count] of [...histogram].toSorted(([a], [b]) => a - b)) {
    rank -= count;
    if (rank <= 0) return valueOf(bucket);
  }
  return undefined;
}

/** Numbers to add to an item's attributes. */
export type Additions = Readonly<Record<string, number>>;

/**
 * What one finding adds to its day. Its latency runs from the time that the entry names to the detection; an entry
 * without a readable time, or with one after it, adds none.
 */
export function additionsOf(items: readonly QuarantineItem[]): Additions {
  const sums = new Map<string, number>();
  const add = (name: string, by: number) => sums.set(name, (sums.get(name) ?? 0) + by);
  for (const item of items) {
    // What another system found says nothing of this one's days.
    if (item.core.startsWith(IMPORTED_CORE)) continue;
    add('secretsDetected', 1);
    add(`severity${item.severity}`, 1);
    const latencyMs = latencyOf(item);
    if (latencyMs === undefined) continue;
    add('latencyCount', 1);
    add('latencySumMs', latencyMs);
    add(`h${bucketOf(latencyMs)}`, 1);
  }
  return Object.fromEntries(sums);
}

function latencyOf({ detectedAt, entryTimestamp }: QuarantineItem): number | undefined {
  const detected = fromIso(detectedAt);
  const written = fromIso(entryTimestamp ?? '');
  if (detected === undefined || written === undefined || written > detected) return undefined;
  return Math.min(detected - written, MAX_LATENCY_MS);
}

/** Findings by the UTC day that they count for. */
export function byDay(items: readonly QuarantineItem[]): ReadonlyMap<string, readonly QuarantineItem[]> {
  return Map.groupBy(items, ({ detectedAt }) => utcDay(detectedAt));
}

export interface DailyMetrics {
  /** `2026-11-21`, UTC. */
  readonly day: string;
  readonly messagesScanned: number;
  readonly secretsDetected: number;
  readonly bySeverity: Readonly<Record<Severity, number>>;
  /** Decisions of the day that a case is a false positive. */
  readonly falsePositives: number;
  /** Rules that were added, changed or taken away. */
  readonly rulesUpdated: number;
  /** Of findings whose entry names a time; absent where there is none. */
  readonly latency?: { readonly count: number; readonly averageMs: number; readonly p99Ms: number };
}

const counters = z.record(z.string(), z.unknown());

/**
 * Sums up a day.
 * @param items every item of the day
 * @throws ZodError for an item that is none of a day
 */
export function summarize(day: string, items: readonly unknown[]): DailyMetrics {
  const sums = new Map<string, number>();
  const covered = new Map<string, number>();
  for (const item of items) {
    const scanned = scannedItem.safeParse(item);
    if (scanned.success) {
      covered.set(scanned.data.sk, lengthOf(union(fromFlat(scanned.data.covered))));
      continue;
    }
    for (const [name, value] of Object.entries(counters.parse(item)))
      if (typeof value === 'number') sums.set(name, (sums.get(name) ?? 0) + value);
  }
  const sum = (name: string) => sums.get(name) ?? 0;
  const histogram = new Map(
    [...sums].flatMap(([name, count]) => (/^h\d+$/.test(name) ? [[Number(name.slice(1)), count]] : [])),
  );
  const p99Ms = quantile(histogram, 0.99);
  return {
    day,
    messagesScanned: [...covered.values()].reduce((total, count) => total + count, 0),
    secretsDetected: sum('secretsDetected'),
    bySeverity: {
      LOW: sum('severityLOW'),
      MEDIUM: sum('severityMEDIUM'),
      HIGH: sum('severityHIGH'),
      CRITICAL: sum('severityCRITICAL'),
    },
    falsePositives: sum('falsePositives'),
    rulesUpdated: sum(RULES_UPDATED),
    ...(p99Ms !== undefined && {
      latency: {
        count: sum('latencyCount'),
        averageMs: sum('latencySumMs') / sum('latencyCount'),
        p99Ms,
      },
    }),
  };
}
