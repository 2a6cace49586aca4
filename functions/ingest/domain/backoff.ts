/**
 * Exponential backoff with full jitter, so that many shippers do not come back in step.
 * Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog.
 * @param failures how often it failed in a row, from 1
 * @param random uniform in [0, 1)
 * @returns milliseconds to wait, at least a tenth of the step
 */
export function backoffMs(
  failures: number,
  random: number,
  limits: { baseMs: number; maxMs: number },
): number {
  const step = Math.min(limits.maxMs, limits.baseMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(step * (0.1 + 0.9 * random));
}
