/** How sure a finding is, from what its rule and its checks say together. */
import type { CheckResult } from './checks.ts';

/** From here on a finding is reported; below it is a candidate that nothing supports. */
export const REPORT_FROM = 0.5;

/** What one check adds to the log-odds of a finding: a proof nearly settles it, a failed one only casts doubt. */
const PASSED = 3;
const FAILED = -1.2;

/**
 * The rule's prior moved by each check in log-odds (naive Bayes), rounded to 1/100 and kept within 0.01 and 0.99.
 */
export function confidenceOf(prior: number, checks: readonly CheckResult[]): number {
  const evidence = checks.reduce((sum, check) => sum + (check.passed ? PASSED : FAILED), 0);
  const odds = Math.exp(Math.log(prior / (1 - prior)) + evidence);
  return Math.min(0.99, Math.max(0.01, Math.round((100 * odds) / (1 + odds)) / 100));
}
