import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { datesBefore, lastPeriod, periodOf } from '../../../functions/reports/domain/period.ts';

const HOUR = 3_600_000;
const hoursOf = (first: string, end: string, zone: string) => {
  const period = periodOf(first, end, zone);
  if (!period.ok) throw new Error(period.error);
  return (period.value.until - period.value.from) / HOUR;
};
const startOf = (date: string, zone: string) => {
  const period = periodOf(date, '2027-01-01', zone);
  return period.ok ? new Date(period.value.from).toISOString() : period.error;
};

describe('a period of local dates', () => {
  it.each([
    ['2026-03-29', '2026-03-30', 'Europe/Berlin', 23],
    ['2026-10-25', '2026-10-26', 'Europe/Berlin', 25],
    ['2026-06-01', '2026-06-02', 'Europe/Berlin', 24],
    ['2026-03-08', '2026-03-09', 'America/New_York', 23],
    ['2026-11-01', '2026-11-02', 'America/New_York', 25],
    ['2026-04-05', '2026-04-06', 'Australia/Lord_Howe', 24.5],
    ['2026-07-01', '2026-10-01', 'UTC', 92 * 24],
    ['2026-10-01', '2027-01-01', 'Europe/Berlin', 92 * 24 + 1],
  ])('from %s to %s in %s has %d hours', (first, end, zone, hours) => {
    expect(hoursOf(first, end, zone)).toBe(hours);
  });

  it('begins at midnight there, not at midnight UTC', () => {
    expect(startOf('2026-07-01', 'Europe/Berlin')).toBe('2026-06-30T22:00:00.000Z');
    expect(startOf('2026-07-01', 'Pacific/Auckland')).toBe('2026-06-30T12:00:00.000Z');
    expect(startOf('2026-07-01', 'America/Los_Angeles')).toBe('2026-07-01T07:00:00.000Z');
  });

  it('begins with the first instant of a date whose midnight the clocks go over', () => {
    // Cairo: 2026-04-24 begins at 01:00.
    expect(startOf('2026-04-24', 'Africa/Cairo')).toBe('2026-04-23T22:00:00.000Z');
    expect(hoursOf('2026-04-24', '2026-04-25', 'Africa/Cairo')).toBe(23);
  });

  it('refuses a date that a time zone left out, and says so', () => {
    expect(periodOf('2011-12-30', '2011-12-31', 'Pacific/Apia')).toEqual({
      ok: false,
      error: '2011-12-30 was left out in Pacific/Apia: take another date.',
    });
  });

  it.each([
    ['2026-02-30', '2026-03-02', 'UTC', /2026-02-30 is no date/],
    ['2026-07-01', '1 October', 'UTC', /1 October is no date/],
    ['2026-07-01', '2026-07-01', 'UTC', /not after 2026-07-01/],
    ['2026-07-01', '2026-08-01', 'Europe/Atlantis', /Europe\/Atlantis is no time zone/],
    ['2026-07-01', '2026-08-01', '+02:00', /\+02:00 is no time zone/],
    ['2020-01-01', '2026-01-01', 'UTC', /a year at most/],
  ])('refuses %s to %s in %s', (first, end, zone, why) => {
    const period = periodOf(first, end, zone);
    expect(period.ok ? '' : period.error).toMatch(why);
  });

  it('leaves no instant between a period and the next, and none in both', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Africa/Cairo', 'Asia/Kolkata', 'America/Santiago'];
    fc.assert(
      fc.property(fc.integer({ min: 18_263, max: 22_000 }), fc.constantFrom(...zones), (day, zone) => {
        const [a, b, c] = [day, day + 1, day + 2].map((each) =>
          new Date(each * 86_400_000).toISOString().slice(0, 10),
        );
        const [first, second] = [periodOf(a ?? '', b ?? '', zone), periodOf(b ?? '', c ?? '', zone)];
        expect(first.ok && second.ok && first.value.until === second.value.from).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the last period that is over', () => {
  const at = (iso: string) => Date.parse(iso);
  const datesOf = (kind: 'weekly' | 'monthly' | 'quarterly', zone: string, iso: string) => {
    const period = lastPeriod(kind, zone, at(iso));
    return period.ok ? `${period.value.firstDate}..${period.value.endDate}` : period.error;
  };

  it('is the one of the time zone, where it is another day already', () => {
    expect(datesOf('quarterly', 'Pacific/Auckland', '2026-09-30T12:00:00Z')).toBe('2026-07-01..2026-10-01');
    expect(datesOf('quarterly', 'UTC', '2026-09-30T12:00:00Z')).toBe('2026-04-01..2026-07-01');
  });

  it('of weeks begins on Monday', () => {
    expect(datesOf('weekly', 'UTC', '2026-11-23T00:00:00Z')).toBe('2026-11-16..2026-11-23');
    expect(datesOf('weekly', 'UTC', '2026-11-22T23:59:59Z')).toBe('2026-11-09..2026-11-16');
  });

  it('of months and quarters goes over the end of a year', () => {
    expect(datesOf('monthly', 'UTC', '2027-01-15T00:00:00Z')).toBe('2026-12-01..2027-01-01');
    expect(datesOf('quarterly', 'UTC', '2027-01-15T00:00:00Z')).toBe('2026-10-01..2027-01-01');
  });
});

describe('the period before', () => {
  it.each([
    ['2026-07-01', '2026-10-01', '2026-04-01'],
    ['2026-01-01', '2026-02-01', '2025-12-01'],
    ['2026-11-16', '2026-11-23', '2026-11-09'],
  ])('%s to %s begins on %s', (firstDate, endDate, expected) => {
    expect(datesBefore({ firstDate, endDate })).toEqual({ firstDate: expected, endDate: firstDate });
  });
});
