import { expect, test } from 'vitest';
import { duration, durationInWords } from '../../../functions/reports/domain/duration.ts';

test.each([
  ['15m', 900_000, '15 minutes'],
  ['1h', 3_600_000, '1 hour'],
  ['24h', 86_400_000, '24 hours'],
  ['1d', 86_400_000, '24 hours'],
  ['72h', 259_200_000, '3 days'],
  ['90d', 7_776_000_000, '90 days'],
  ['90m', 5_400_000, '90 minutes'],
])('%s is %d milliseconds, in words %s', (text, ms, words) => {
  expect(duration.parse(text)).toBe(ms);
  expect(durationInWords(ms)).toBe(words);
});

test.each(['', '0h', '15', '15s', '-1h', '1.5h', ' 1h', '1h ', '123456d'])(
  '%j is no length of time',
  (text) => {
    expect(duration.safeParse(text).success).toBe(false);
  },
);
