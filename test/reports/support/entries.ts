import { toIso } from '../../../functions/kernel/clock.ts';
import type { LogEntry } from '../../../functions/reports/domain/log-entry.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A quarter. */
export const PERIOD = { from: Date.UTC(2026, 6, 1), until: Date.UTC(2026, 9, 1) };

/** An entry at a time after the beginning of the period. */
export const anEntry = (seq: number, afterMs: number, changes: Partial<LogEntry> = {}): LogEntry => ({
  seq,
  time: toIso(PERIOD.from + afterMs),
  type: 'finding',
  actor: 'shhh.detection',
  subject: 'agent-7',
  correlation_id: '',
  data: {},
  ...changes,
});
