/** One record of an older sentinel's quarantine, whatever it came in. */
import { z } from 'zod';
import { fromIso, toIso } from '../../functions/kernel/clock.ts';
import { err, ok, type Result } from '../../functions/kernel/result.ts';
import { describeProblems } from '../../functions/platform/problems.ts';

export interface OldRecord {
  /** RFC 3339, UTC: when it was quarantined there. */
  readonly timestamp: string;
  /** Why, in the older system's words. */
  readonly reason: string;
  /** The line of the log, with the secret in it. */
  readonly logLine: string;
  /** What a person had decided about it there. */
  readonly review?: OldReview;
}

export interface OldReview {
  readonly action: 'confirmed' | 'false_positive' | 'uncertain';
  readonly reviewer: string;
  readonly reason: string;
}

/** Seconds since the epoch, as Python's `time.time()` gives them, or a date; PostgreSQL's `2024-05-01 10:00:00+00` as well. */
const timestamp = z.union([z.string(), z.number()]).transform((value, context) => {
  const epochMs =
    typeof value === 'number' || /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : fromIso(dated(value));
  // Four digits of the year: what sorts as text like time.
  if (epochMs !== undefined && epochMs > 0 && epochMs < 253_402_300_800_000) return toIso(epochMs);
  context.addIssue({ code: 'custom', message: 'no time' });
  return z.NEVER;
});

/** An offset of hours alone is PostgreSQL's; a time without any is UTC, and not of the machine that imports it. */
function dated(text: string): string {
  const iso = text
    .trim()
    .replace(' ', 'T')
    .replace(/([+-]\d{2})$/, '$1:00');
  return /T\d{2}:\d{2}/.test(iso) && !/(Z|[+-]\d{2}:?\d{2})$/i.test(iso) ? `${iso}Z` : iso;
}

/** CSV has no other word for what is absent than an empty one. */
const word = z
  .string()
  .trim()
  .transform((text) => (text === '' ? undefined : text))
  .nullish();
const record = z
  .object({
    timestamp,
    reason: z.string().default(''),
    log_line: z.string().min(1),
    review_action: word.pipe(z.enum(['confirmed', 'false_positive', 'uncertain']).nullish()),
    reviewer: word,
    review_reason: word,
  })
  .transform((old): OldRecord => {
    const { timestamp: at, reason, log_line: logLine, review_action: action, reviewer, review_reason } = old;
    if (!action) return { timestamp: at, reason, logLine };
    const why = (review_reason ?? reason) || 'no reason was given';
    return {
      timestamp: at,
      reason,
      logLine,
      review: { action, reviewer: reviewer ?? 'unknown', reason: why },
    };
  });

/** @returns the record, or why it is none: never its content */
export function readRecord(raw: unknown): Result<OldRecord, string> {
  const parsed = record.safeParse(raw);
  return parsed.success ? ok(parsed.data) : err(describeProblems(parsed.error));
}

/** A record as JSON text. */
export function readJsonRecord(text: string): Result<OldRecord, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the text.
    return err('no JSON');
  }
  return readRecord(value);
}
