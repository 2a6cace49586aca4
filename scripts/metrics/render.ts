import { LATENCY_ERROR, type DailyMetrics } from '../../functions/quarantine/domain/daily-metrics.ts';
import { table } from '../demo/table.ts';

/** Days as a table, one a line. */
export function renderDays(days: readonly DailyMetrics[]): string {
  const rows = days.map((day) => [
    day.day,
    ...[day.messagesScanned, day.secretsDetected].map(String),
    `${day.bySeverity.CRITICAL}/${day.bySeverity.HIGH}/${day.bySeverity.MEDIUM}/${day.bySeverity.LOW}`,
    ...[day.falsePositives, day.rulesUpdated].map(String),
    day.latency ? milliseconds(day.latency.averageMs) : '–',
    day.latency ? `${milliseconds(day.latency.p99Ms)} ±${LATENCY_ERROR * 100} %` : '–',
  ]);
  const head = [
    'UTC day',
    'scanned',
    'secrets',
    'C/H/M/L',
    'false positives',
    'rules updated',
    'average',
    'p99',
  ];
  return table(head, rows, []).join('\n');
}

function milliseconds(value: number): string {
  return value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}
