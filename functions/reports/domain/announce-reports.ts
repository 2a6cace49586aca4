/** What the bus is told of reports. */
import type { ReportChanged, ReportRequest } from '../../contracts/reports.ts';
import { toIso } from '../../kernel/clock.ts';
import type { MadeReport } from './make-reports.ts';
import type { ZonedPeriod } from './period.ts';
import { uuidOf } from './uuid.ts';

const told = ({ from, until, timeZone, firstDate, endDate }: ZonedPeriod): ReportChanged['period'] => ({
  ...{ from: toIso(from), until: toIso(until) },
  ...{ timeZone, firstDate, endDate },
});

/** The same for the same report, however often it is announced. @param manifest its place, for people */
export function createdEvent(made: MadeReport, manifest: string, atMs: number): ReportChanged {
  const { id, framework, verdicts, manifestSha256, logSize } = made;
  return {
    version: 1,
    eventId: id,
    at: toIso(atMs),
    ...{ framework: framework.id, title: framework.title, outcome: 'created' },
    period: told(made.period),
    made: { reportId: id, verdicts, manifest, manifestSha256, logSize },
  };
}

/** One for each framework of a run that made none. @param run tells this run from the next @param reason without data */
export function failedEvents(
  { frameworks }: Pick<ReportRequest, 'frameworks'>,
  period: ZonedPeriod,
  run: string,
  reason: string,
  atMs: number,
): readonly ReportChanged[] {
  return frameworks.map((framework) => ({
    version: 1,
    eventId: uuidOf('failed', framework, period.from, period.until, run),
    at: toIso(atMs),
    ...{ framework, title: framework, outcome: 'failed', reason: reason.slice(0, 1_024) },
    period: told(period),
  }));
}
