import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  additionsOf,
  bucketOf,
  LATENCY_ERROR,
  quantile,
  summarize,
} from '../../../functions/quarantine/domain/daily-metrics.ts';
import { anItem } from '../../support/finding-builder.ts';

const histogramOf = (latencies: readonly number[]) => {
  const histogram = new Map<number, number>();
  for (const each of latencies) histogram.set(bucketOf(each), (histogram.get(bucketOf(each)) ?? 0) + 1);
  return histogram;
};
const latencies = fc.array(fc.integer({ min: 1, max: 7 * 86_400_000 }), { minLength: 1, maxLength: 300 });

describe('the latency histogram', () => {
  test('gives any quantile within its stated error', () => {
    fc.assert(
      fc.property(latencies, fc.constantFrom(0.5, 0.9, 0.99, 1), (all, share) => {
        const exact = all.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * all.length)) - 1] ?? 0;
        const told = quantile(histogramOf(all), share) ?? 0;
        expect(Math.abs(told - exact) / exact).toBeLessThanOrEqual(LATENCY_ERROR * 1.000001);
      }),
    );
  });

  test('merges by adding', () => {
    fc.assert(
      fc.property(latencies, latencies, (some, others) => {
        const merged = histogramOf(some);
        for (const [bucket, count] of histogramOf(others))
          merged.set(bucket, (merged.get(bucket) ?? 0) + count);
        expect(quantile(merged, 0.99)).toBe(quantile(histogramOf([...some, ...others]), 0.99));
      }),
    );
  });

  test('has no quantile of nothing', () => {
    expect(quantile(new Map(), 0.99)).toBeUndefined();
  });
});

describe('a day', () => {
  test('sums up its items: entries covered, findings over all shards, reviews and rules', () => {
    const item = anItem({ entryTimestamp: '2026-11-21T08:29:59.900Z' });
    const key = { pk: 'day#2026-11-21', expiresAt: 17 };
    const covered = (sk: string, ...flat: number[]) => ({ ...key, sk, covered: flat, version: 2 });
    expect(
      summarize('2026-11-21', [
        covered('scanned#a#0#0', 0, 10, 20, 25),
        covered('scanned#b#0#0', 5, 6),
        { ...key, sk: 'findings#f', ...additionsOf([item, item]) },
        {
          ...key,
          sk: 'findings#0',
          ...additionsOf([anItem({ severity: 'LOW', entryTimestamp: undefined })]),
        },
        { ...key, sk: 'reviews', falsePositives: 3 },
        { ...key, sk: 'rules', rulesUpdated: 2 },
      ]),
    ).toEqual({
      day: '2026-11-21',
      messagesScanned: 16,
      secretsDetected: 3,
      bySeverity: { LOW: 1, MEDIUM: 0, HIGH: 0, CRITICAL: 2 },
      falsePositives: 3,
      rulesUpdated: 2,
      latency: { count: 2, averageMs: 100, p99Ms: expect.closeTo(100, 0) as number },
    });
  });

  test('of which nothing is known is all zeros, without a latency', () => {
    expect(summarize('2026-11-21', [])).toMatchObject({ messagesScanned: 0, secretsDetected: 0 });
    expect(summarize('2026-11-21', [])).not.toHaveProperty('latency');
  });

  test('takes no latency from an entry without a time or with one that lies ahead, and nothing of what is imported', () => {
    expect(additionsOf([anItem({ entryTimestamp: 'soon' })])).not.toHaveProperty('latencyCount');
    expect(additionsOf([anItem({ entryTimestamp: '2026-11-21T08:31:00Z' })])).not.toHaveProperty(
      'latencyCount',
    );
    expect(additionsOf([anItem({ core: 'import:old' })])).toEqual({});
  });
});
