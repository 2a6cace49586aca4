/**
 * What is counted by UTC day, and how it rests in the table of daily metrics: detection writes what it scanned and which
 * rules it has, quarantine what was found and judged. Every write can be repeated without counting twice.
 */
import { z } from 'zod';

/** `2026-11-21`, of an RFC 3339 time in UTC. */
export function utcDay(iso: string): string {
  return iso.slice(0, 10);
}

/** Positions of a log that share one item: few enough that its intervals stay small, many enough to read a day quickly. */
export const SCANNED_BLOCK = 65_536;

const dayKey = (day: string) => `day#${day}`;

export const dailyKey = {
  /** Everything of a day. */
  day: dayKey,
  scanned: (day: string, core: string, fork: number, block: number) => ({
    pk: dayKey(day),
    sk: `scanned#${core}#${fork}#${block}`,
  }),
  /** Findings of a day are counted in shards, so that two cases seldom wait for each other. */
  findings: (day: string, fingerprint: string) => ({
    pk: dayKey(day),
    sk: `findings#${fingerprint.slice(0, 1)}`,
  }),
  reviews: (day: string) => ({ pk: dayKey(day), sk: 'reviews' }),
  rules: (day: string) => ({ pk: dayKey(day), sk: 'rules' }),
  /** The rules that are in use, and every pack that ever was: a pack counts as an update once. */
  currentPack: { pk: 'pack', sk: 'current' },
  pack: (digest: string) => ({ pk: 'pack', sk: `known#${digest}` }),
} as const;

/** Positions of one block of a log that were scanned: flat, `[start, end, start, end, …]`, ends not included. */
export const scannedItem = z.object({
  pk: z.string(),
  sk: z.string().startsWith('scanned#'),
  covered: z.array(z.int().nonnegative()),
  version: z.int().positive(),
});

export const packItem = z.object({
  digest: z.string(),
  /** A digest of each rule, by its name. */
  rules: z.record(z.string(), z.string()),
});

/** Rules that were added, changed or taken away. */
export const RULES_UPDATED = 'rulesUpdated';

/** Days that daily metrics are kept. */
export const DAILY_METRICS_KEPT_DAYS = 400;
