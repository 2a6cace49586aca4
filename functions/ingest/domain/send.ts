import { backoffMs } from './backoff.ts';
import { toBatches, type PackedMessage } from './packing.ts';
import { Trouble, type EntryQueue, type Pacer, type SendOutcome } from './ports.ts';

export interface SendSettings {
  /** How often a batch is offered before the window is given up. */
  readonly attempts: number;
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Hands every message to the queue, offering again only what it refused. Returns once all are accepted.
 * @throws Trouble `queue-refused` when it gives up or is stopped; some messages may have been accepted by then
 */
export async function sendAll(
  messages: readonly PackedMessage[],
  deps: { readonly queue: EntryQueue; readonly pacer: Pacer; readonly random: () => number },
  settings: SendSettings,
  stop: AbortSignal,
): Promise<void> {
  for (const batch of toBatches(messages)) {
    let open: readonly PackedMessage[] = batch;
    for (let attempt = 1; ; attempt += 1) {
      const outcomes = await offer(open, deps.queue);
      const codes = outcomes.flatMap((outcome) => (outcome.accepted ? [] : [outcome.code]));
      open = open.filter((_, index) => outcomes[index]?.accepted !== true);
      if (open.length === 0) break;
      if (attempt === settings.attempts || stop.aborted) {
        throw new Trouble(
          'queue-refused',
          `The queue refused ${open.length} of ${batch.length} messages ${attempt} times, last with ${codes[0] ?? 'no code'}.`,
        );
      }
      await deps.pacer.sleep(backoffMs(attempt, deps.random(), settings), stop);
    }
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
