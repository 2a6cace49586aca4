/** What somebody has accepted: failures that are shown and do not decide. */
import { z } from 'zod';
import { fromIso } from '../../kernel/clock.ts';

const words = z.string().trim().min(1).max(1_000);
/** The longest that nobody looks at an exception again. Days. */
const LONGEST_DAYS = 366;
const DAY_MS = 86_400_000;

const shape = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'wants letters, digits, dots, hyphens'),
  test: words,
  /** Subjects it is about: all of the test's where none is named. */
  subjects: z.array(words).min(1).optional(),
  reason: words,
  owner: words,
  /** RFC 3339 dates, both inclusive. */
  acceptedOn: z.iso.date(),
  expiresOn: z.iso.date(),
});
export type Exception = z.infer<typeof shape>;

const days = (from: string, until: string): number => ((fromIso(until) ?? 0) - (fromIso(from) ?? 0)) / DAY_MS;

const exception = shape
  .refine(({ acceptedOn, expiresOn }) => days(acceptedOn, expiresOn) > 0, {
    path: ['expiresOn'],
    error: 'is not after the day on which it was accepted',
  })
  .refine(({ acceptedOn, expiresOn }) => days(acceptedOn, expiresOn) <= LONGEST_DAYS, {
    path: ['expiresOn'],
    error: `is more than ${LONGEST_DAYS} days after the day on which it was accepted`,
  });

export const exceptionsFile = z.strictObject({ exceptions: z.array(exception) });
