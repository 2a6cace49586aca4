import { backoffMs } from './backoff.ts';
import type { PackedMessage } from './packing.ts';
import type { EntryQueue, Pacer, SendOutcome } from './ports.ts';

export interface SendSettings {
  /** How often a batch is offered before what is in it is given up. */
  readonly attempts: number;
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Hands one batch to the queue, offering again only what it refused, until all is accepted, it gives up, or is stopped.
 * @returns the messages that it refused to the end, and its last error code
 */
export async function sendBatch(
  batch: readonly PackedMessage[],
  deps: { readonly queue: EntryQueue; readonly pacer: Pacer; readonly random: () => number },
  settings: SendSettings,
  stop: AbortSignal,
): Promise<{ readonly refused: readonly PackedMessage[]; readonly code: string | undefined }> {
  let open = batch;
  for (let attempt = 1; ; attempt += 1) {
    const outcomes = await offer(open, deps.queue);
    const code = outcomes.flatMap((outcome) => (outcome.accepted ? [] : [outcome.code]))[0];
    open = open.filter((_, index) => outcomes[index]?.accepted !== true);
    if (open.length === 0 || attempt === settings.attempts || stop.aborted) return { refused: open, code };
    await deps.pacer.sleep(backoffMs(attempt, deps.random(), settings), stop);
  }
}

/** A call that failed as a whole counts as refused: a second copy is harmless, a lost entry is not. */
async function offer(batch: readonly PackedMessage[], queue: EntryQueue): Promise<readonly SendOutcome[]> {
  try {
    return await queue.send(batch);
  } catch (error) {
    const code = error instanceof Error ? error.name : 'NonError';
    return batch.map(() => ({ accepted: false, code }));
  }
}
