import { expect, test, vi } from 'vitest';
import { summarize } from '../../../functions/quarantine/domain/daily-metrics.ts';
import { reportDay } from '../../../functions/quarantine/report-day.lambda.ts';
import { renderDays } from '../../../scripts/metrics/render.ts';

const latency = { count: 2, averageMs: 120.4, p99Ms: 12_345 };
const day = (name: string) => ({ ...summarize(name, []), messagesScanned: 7, latency });

test('reports yesterday and today, each at its noon or now, with every figure', async () => {
  const metrics = { addMetric: vi.fn(), setTimestamp: vi.fn(), publishStoredMetrics: vi.fn() };
  const now = Date.parse('2026-11-21T09:00:00.000Z');
  await reportDay({
    read: async (name) => day(name),
    clock: { now: () => now },
    logger: { info: vi.fn() },
    metrics,
  });
  expect(metrics.setTimestamp.mock.calls).toEqual([[Date.parse('2026-11-20T12:00:00.000Z')], [now]]);
  expect(metrics.publishStoredMetrics).toHaveBeenCalledTimes(2);
  expect(metrics.addMetric.mock.calls.slice(0, 6)).toEqual([
    ['DailyMessagesScanned', 'Count', 7],
    ['DailySecretsDetected', 'Count', 0],
    ['DailyFalsePositives', 'Count', 0],
    ['DailyRulesUpdated', 'Count', 0],
    ['DailyLatencyAverage', 'Milliseconds', 120.4],
    ['DailyLatencyP99', 'Milliseconds', 12_345],
  ]);
});

test('shows days one a line, aligned', () => {
  const lines = renderDays([
    day('2026-11-20'),
    { ...summarize('2026-11-21', []), messagesScanned: 1_000_000 },
  ]).split('\n');
  expect(lines[2]).toMatch(/^2026-11-20 +7 +0 +0\/0\/0\/0 +0 +0 +120 ms +12\.3 s ±1 %$/);
  expect(lines[3]).toMatch(/^2026-11-21 +1000000 .*–/);
});
