import { z } from 'zod';

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `15m`, `24h` or `90d`, as milliseconds. */
export const duration = z
  .string()
  .regex(/^[1-9]\d{0,4}[mhd]$/, 'is no length of time like 15m, 24h or 90d')
  .transform((text) => {
    const unit = text.at(-1);
    return Number(text.slice(0, -1)) * (unit === 'm' ? UNITS.m : unit === 'h' ? UNITS.h : UNITS.d);
  });

/** For people: `24 hours`, `90 days`; the largest unit of which it is a whole number. @param ms above 0 */
export function durationInWords(ms: number): string {
  const [count, unit] =
    ms % UNITS.d === 0 && ms > UNITS.d
      ? [ms / UNITS.d, 'day']
      : ms % UNITS.h === 0
        ? [ms / UNITS.h, 'hour']
        : [ms / UNITS.m, 'minute'];
  return `${Math.round(count)} ${unit}${Math.round(count) === 1 ? '' : 's'}`;
}
