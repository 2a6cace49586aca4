/** Asked of reports, by schedules and people; and published by it: that a report is there, or could not be made. */
import { z } from 'zod';

export const REPORT_EVENT_SOURCE = 'shhh.reports';
export const REPORT_CHANGED = 'ReportChanged';

export const reportSchedule = z.enum(['weekly', 'monthly', 'quarterly']);
export type ReportSchedule = z.infer<typeof reportSchedule>;

const frameworks = z.array(z.string().min(1).max(64)).min(1).max(32);
const timeZone = z.string().min(1).max(64);
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

/** The last period of a kind that is over, or any period; local dates, the last one not included. */
export const reportRequest = z.union([
  z.strictObject({ frameworks, timeZone, last: reportSchedule }),
  z.strictObject({ frameworks, timeZone, from: date, until: date }),
]);
export type ReportRequest = z.infer<typeof reportRequest>;

const count = z.int().nonnegative();
export const reportVerdicts = z.object({
  passed: count,
  failed: count,
  incomplete: count,
  not_applicable: count,
  not_covered: count,
});

const madeReport = z.object({
  reportId: z.string(),
  framework: z.string(),
  verdicts: reportVerdicts,
  /** Its manifest: an S3 URI; the report's other files lie beside it. */
  manifest: z.string(),
  /** It was there before, made of the same data. */
  isOld: z.boolean(),
});

export const reportAnswer = z.discriminatedUnion('answer', [
  z.object({ answer: z.literal('made'), reports: z.array(madeReport) }),
  z.object({ answer: z.literal('refused'), why: z.string() }),
]);
export type ReportAnswer = z.infer<typeof reportAnswer>;

const time = z.iso.datetime();

/** At least once; `eventId` is what to deduplicate by. */
export const reportChanged = z.object({
  version: z.literal(1),
  eventId: z.string().min(1).max(128),
  /** RFC 3339, UTC. */
  at: time,
  framework: z.string().min(1).max(64),
  title: z.string().min(1).max(256),
  outcome: z.enum(['created', 'failed']),
  /** Why there is none. */
  reason: z.string().max(1024).optional(),
  period: z.object({ from: time, until: time, timeZone, firstDate: date, endDate: date }),
  /** Of what was made. */
  made: z
    .object({
      reportId: z.string(),
      verdicts: reportVerdicts,
      /** An S3 URI. */
      manifest: z.string(),
      /** Hex, of the manifest, which names all files with theirs. */
      manifestSha256: z.string().regex(/^[0-9a-f]{64}$/),
      /** The checkpoint of the log that it is proved against. */
      logSize: count,
    })
    .optional(),
});
export type ReportChanged = z.infer<typeof reportChanged>;
