/**
 * Nearest-rank percentile.
 * @param values in any order
 * @param rank in percent, over 0 and up to 100
 * @returns `undefined` where there are no values
 */
export function percentile(values: readonly number[], rank: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((rank / 100) * sorted.length) - 1)];
}
