/** How many credentials may be revoked within an hour before people decide: a planted flood must not become a weapon. */

/** The length of the window, in milliseconds. */
const LIMIT_WINDOW_MS = 3_600_000;

/** What was admitted lately: each case once, with its time in epoch milliseconds. */
export type Admissions = Readonly<Record<string, number>>;

/**
 * Admits a case within any window of 60 minutes at most `limit` times over all cases. A case that was admitted stays
 * admitted, so that a retry does not count again.
 * @returns the admissions to remember, or undefined where it is one too many
 */
export function admit(known: Admissions, key: string, nowMs: number, limit: number): Admissions | undefined {
  const recent = Object.fromEntries(
    Object.entries(known).filter(([each, at]) => each === key || at > nowMs - LIMIT_WINDOW_MS),
  );
  if (key in recent) return recent;
  return Object.keys(recent).length < limit ? { ...recent, [key]: nowMs } : undefined;
}
