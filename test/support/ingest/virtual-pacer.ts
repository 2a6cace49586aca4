import type { Pacer } from '../../../functions/ingest/domain/ports.ts';

/** Time that passes only when everybody sleeps, in order and at once: an hour's run takes milliseconds and repeats. */
export class VirtualPacer implements Pacer {
  #now: number;
  #ordinal = 0;
  readonly #sleepers = new Set<{
    readonly at: number;
    readonly ordinal: number;
    readonly wake: () => void;
  }>();

  constructor(startAt = 1_790_000_000_000) {
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, stop: AbortSignal): Promise<void> {
    if (stop.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        stop.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { at: this.#now + Math.max(0, ms), ordinal: this.#ordinal++, wake };
      this.#sleepers.add(sleeper);
      stop.addEventListener('abort', wake);
    });
  }

  /** Lets time pass until `work` settles; throws when nobody could ever wake it. */
  async run<T>(work: Promise<T>): Promise<T> {
    const state = { settled: false };
    const settle = (): void => void (state.settled = true);
    work.then(settle, settle);
    for (;;) {
      // All that can go on without time passing has gone on when the event loop comes round.
      await new Promise((resolve) => setImmediate(resolve));
      if (state.settled) return work;
      const next = [...this.#sleepers].sort((a, b) => a.at - b.at || a.ordinal - b.ordinal)[0];
      if (next === undefined) throw new Error('Everybody waits and nobody sleeps: this would hang for ever.');
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
  }
}
