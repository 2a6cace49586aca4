import { styleText } from 'node:util';
import type { HealthReport, HealthStatus } from '../../functions/contracts/health.ts';
import { table } from '../demo/table.ts';

const COLOURS = { ok: 'green', degraded: 'yellow', down: 'red' } as const;

/** What a shell sees of it: only `ok` is success. */
export const EXIT_CODES: Readonly<Record<HealthStatus, number>> = { ok: 0, degraded: 1, down: 2 };

/** `alertChannel` → `alert channel` */
function inWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** The report as a person reads it: a table, then for each part that is not ok the reason and the next step. */
export function renderReport(stage: string, report: HealthReport): string {
  const paint = (status: HealthStatus) => styleText(COLOURS[status], status);
  const parts = Object.entries(report.components);
  const rows = parts.map(([name, { status, details }]) => [
    inWords(name),
    paint(status),
    Object.entries(details)
      .map(([key, value]) => `${inWords(key)} ${value}`)
      .join(', '),
  ]);
  const problems = parts.flatMap(([name, { status, reason = 'no reason given', nextStep }]) =>
    status === 'ok'
      ? []
      : ['', `${inWords(name)}: ${reason}`, ...(nextStep === undefined ? [] : [`  → ${nextStep}`])],
  );
  return [
    `SHHH ${stage} is ${paint(report.status)} (${report.checkedAt})`,
    '',
    ...table(['part', 'status', 'measured'], rows, []),
    ...problems,
  ].join('\n');
}
