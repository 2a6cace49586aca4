/** Periods as auditors state them: local dates in a time zone. A day has 23, 24 or 25 hours. */
import type { ReportSchedule } from '../../contracts/reports.ts';
import { fromIso, toIso } from '../../kernel/clock.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import type { Period } from './evaluate.ts';

/** From the first instant of one local date to the first of another; milliseconds since the epoch. */
export interface ZonedPeriod extends Period {
  /** IANA name, as it was stated. */
  readonly timeZone: string;
  /** Local dates, `2026-07-01`: included, and excluded. */
  readonly firstDate: string;
  readonly endDate: string;
}

const DAY_MS = 86_400_000;
/** What a report can be about at most: a leap year and a day. */
const MAX_DAYS = 367;

/** @param firstDate local date, included @param endDate local date, excluded @returns what is wrong with it */
export function periodOf(firstDate: string, endDate: string, timeZone: string): Result<ZonedPeriod, string> {
  const [first, end] = [numberOf(firstDate), numberOf(endDate)];
  if (first === undefined) return err(`${firstDate} is no date: write it like 2026-07-01.`);
  if (end === undefined) return err(`${endDate} is no date: write it like 2026-10-01.`);
  if (end <= first)
    return err(`The period ends on ${endDate}, which is not after ${firstDate}: the end is not included.`);
  if (end - first > MAX_DAYS)
    return err(`The period has ${end - first} days: a report is about a year at most.`);
  if (!isTimeZone(timeZone)) return noTimeZone(timeZone);
  const [from, until] = [startOf(first, timeZone), startOf(end, timeZone)];
  if (from === undefined || until === undefined)
    return err(`${from === undefined ? firstDate : endDate} was left out in ${timeZone}: take another date.`);
  return ok({ from, until, timeZone, firstDate, endDate });
}

/** The last week (from Monday), month or quarter that is over at a time. @throws where there is no such time zone */
export function lastPeriod(
  kind: ReportSchedule,
  timeZone: string,
  nowMs: number,
): Result<ZonedPeriod, string> {
  const today = numberOf(localDate(nowMs, timeZone)) ?? 0;
  if (kind === 'weekly') {
    // Day 0 was a Thursday.
    const monday = today - ((today + 3) % 7);
    return periodOf(dateOf(monday - 7), dateOf(monday), timeZone);
  }
  const months = kind === 'monthly' ? 1 : 3;
  const month = monthOf(today);
  const end = month - (month % months);
  return periodOf(dateOfMonth(end - months), dateOfMonth(end), timeZone);
}

/** Of a request, the period that it names. @returns what is wrong with it */
export function requestedPeriod(
  request: { readonly timeZone: string } & (
    { readonly last: ReportSchedule } | { readonly from: string; readonly until: string }
  ),
  nowMs: number,
): Result<ZonedPeriod, string> {
  if (!isTimeZone(request.timeZone)) return noTimeZone(request.timeZone);
  return 'last' in request
    ? lastPeriod(request.last, request.timeZone, nowMs)
    : periodOf(request.from, request.until, request.timeZone);
}

/** The dates of the period of the same length before: whole months before whole months, else as many days. */
export function datesBefore({ firstDate, endDate }: Pick<ZonedPeriod, 'firstDate' | 'endDate'>): {
  readonly firstDate: string;
  readonly endDate: string;
} {
  const [first, end] = [numberOf(firstDate) ?? 0, numberOf(endDate) ?? 0];
  const isOfMonths = firstDate.endsWith('-01') && endDate.endsWith('-01');
  return {
    firstDate: isOfMonths ? dateOfMonth(2 * monthOf(first) - monthOf(end)) : dateOf(2 * first - end),
    endDate: firstDate,
  };
}

/** Days since 1970-01-01; undefined where the text is no date. */
function numberOf(date: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) return undefined;
  const ms = fromIso(`${date}T00:00:00Z`);
  return ms !== undefined && dateOf(ms / DAY_MS) === date ? ms / DAY_MS : undefined;
}

const dateOf = (day: number): string => toIso(day * DAY_MS).slice(0, 10);

/** Months since January of year 0. */
function monthOf(day: number): number {
  const [year, month] = dateOf(day).split('-').map(Number);
  return (year ?? 0) * 12 + (month ?? 1) - 1;
}

const dateOfMonth = (month: number): string =>
  `${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}-01`;

const noTimeZone = (name: string): Result<never, string> =>
  err(`${name} is no time zone: write it like Europe/Berlin or UTC.`);

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // Offsets such as +02:00 have no daylight saving: not what anybody means by a time zone.
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

/**
 * The first instant of a local date: midnight, or later where clocks go over it. Undefined where the date was left out.
 * An offset holds for at least a day around midnight but for one change, so that one of both neighbours' is it.
 */
function startOf(day: number, timeZone: string): number | undefined {
  const asIfUtc = day * DAY_MS;
  const candidates = [asIfUtc - DAY_MS, asIfUtc + DAY_MS]
    .map((near) => asIfUtc - offsetAt(near, timeZone))
    .sort((a, b) => a - b);
  return candidates.find((at) => localDate(at, timeZone) === dateOf(day));
}

/** Milliseconds that local time is ahead of UTC. */
function offsetAt(ms: number, timeZone: string): number {
  const parts = partsAt(ms, timeZone);
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
  const local = `${of('year')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}:${of('second')}Z`;
  return (fromIso(local) ?? ms) - ms;
}

function localDate(ms: number, timeZone: string): string {
  const parts = partsAt(ms, timeZone);
  return `${parts.get('year') ?? ''}-${parts.get('month') ?? ''}-${parts.get('day') ?? ''}`;
}

/** What clocks and calendars of a time zone show, two digits each but for the year. */
export function partsAt(ms: number, timeZone: string): ReadonlyMap<string, string> {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  return new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
}
