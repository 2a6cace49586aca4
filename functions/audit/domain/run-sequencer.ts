/** A run of the sequencer: batch after batch until its time is up. */
import { BATCH_ENTRIES, HistoryConflict, type Sequenced } from './sequence.ts';

export interface RunDeps {
  /** Finishes or decides one batch. */
  readonly once: () => Promise<Sequenced>;
  readonly pacer: { now(): number; wait(milliseconds: number): Promise<void> };
  /** Is told of each batch, and of each that failed and will be tried again. */
  readonly observe: (observation: Observation) => void;
}

export type Observation =
  | { readonly event: 'batch'; readonly did: Sequenced; readonly tookMs: number }
  | { readonly event: 'batch_failed'; readonly error: unknown };

export interface RunSettings {
  /** Milliseconds since the epoch: no batch starts after it. */
  readonly until: number;
  readonly everyMs: number;
  /** Entries of a full batch; by default the sequencer's own. */
  readonly most?: number;
}

/** What fails so often in a row does not mend itself within a run. */
const FAILURES_IN_A_ROW = 5;

/**
 * One batch is at work all the time until the time is up: the next follows at once if this one was full, else after
 * `everyMs` from its start, so that what comes meanwhile shares its objects.
 * @throws HistoryConflict at once; what failed five times in a row, or at the end
 */
export async function runSequencer(deps: RunDeps, { until, everyMs, most }: RunSettings): Promise<void> {
  const { once, pacer, observe } = deps;
  let failures: unknown[] = [];
  for (;;) {
    const startedAt = pacer.now();
    let full = false;
    try {
      const did = await once();
      failures = [];
      full = did.did === 'published' && did.entries >= (most ?? BATCH_ENTRIES);
      observe({ event: 'batch', did, tookMs: pacer.now() - startedAt });
    } catch (error) {
      failures.push(error);
      if (error instanceof HistoryConflict || failures.length >= FAILURES_IN_A_ROW) throw error;
      observe({ event: 'batch_failed', error });
    }
    const next = full ? pacer.now() : Math.max(pacer.now(), startedAt + everyMs);
    if (next > until) {
      if (failures.length > 0) throw failures.at(-1);
      return;
    }
    if (next > pacer.now()) await pacer.wait(next - pacer.now());
  }
}
