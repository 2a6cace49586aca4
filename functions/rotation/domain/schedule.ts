/** When a secret is rotated: expressions as Secrets Manager and EventBridge write them. */
import { z } from 'zod';

const RATE = /^rate\((\d{1,4}) (hours?|days?)\)$/;
const CRON = /^cron\(([0-9A-Z*?,/#L-]+ ){5}[0-9*,/-]+\)$/;

/**
 * `rate(30 days)` or `cron(0 4 ? * SUN *)`, and how long after that time a rotation may begin: one that could not begin
 * then (the secret was in another rotation) waits for the next time.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 */
export const schedule = z.strictObject({
  at: z.string().superRefine((text, context) => {
    const [, count, unit] = RATE.exec(text) ?? [];
    const problem = (message: string) => context.addIssue({ code: 'custom', message });
    if (count !== undefined && unit !== undefined) {
      const hours = Number(count) * (unit.startsWith('day') ? 24 : 1);
      if (hours < 4) problem('not more often than each 4 hours, as Secrets Manager has it');
      if ((count === '1') === unit.endsWith('s')) problem('one hour or day is written without an s');
    } else if (CRON.test(text)) {
      const [, , day, , weekday] = text.slice(5, -1).split(' ');
      if ((day === '?') === (weekday === '?'))
        problem('of the day of the month and the day of the week, exactly one is a ?');
    } else problem('a schedule is rate(30 days) or cron(0 4 ? * SUN *)');
  }),
  /** Whole hours. */
  windowHours: z.int().min(1).max(24).default(3),
});
