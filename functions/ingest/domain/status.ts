import type { Head } from './checkpoint.ts';
import { Trouble, type LogStatus } from './ports.ts';

/** Keeps the last word on one log in memory and says when it must be posted at once. */
export class StatusKeeper {
  readonly #now: () => number;
  readonly #onChange: () => void;
  #status: LogStatus;

  /** @param onChange called when the log comes, goes or falls sick; figures alone can wait for the next round */
  constructor(core: string, now: () => number, onChange: () => void) {
    this.#now = now;
    this.#onChange = onChange;
    this.#status = {
      core,
      connected: false,
      remoteLength: 0,
      fork: 0,
      shippedLength: 0,
      lastProgressAt: now(),
      updatedAt: now(),
    };
  }

  get current(): LogStatus {
    return this.#status;
  }

  connected(head: Head): void {
    this.#set({ connected: true, lastError: undefined, ...headOf(head) });
    this.#onChange();
  }

  shipped(length: number, head: Head): void {
    this.#set({ shippedLength: length, lastProgressAt: this.#now(), ...headOf(head) });
  }

  caughtUp(head: Head): void {
    this.#set({ lastProgressAt: this.#now(), ...headOf(head) });
  }

  /** The peer shows less than was shipped already. */
  behind(shippedLength: number, head: Head): void {
    const lastError = `behind: the peer shows ${head.length} entries of the ${shippedLength} that were shipped already`;
    this.#set({ shippedLength, lastError, ...headOf(head) });
    this.#onChange();
  }

  troubled(error: unknown): void {
    this.#set({ connected: false, lastError: wordsFor(error) });
    this.#onChange();
  }

  #set(change: Partial<LogStatus>): void {
    this.#status = { ...this.#status, ...change, updatedAt: this.#now() };
  }
}

const headOf = (head: Head): { remoteLength: number; fork: number } => ({
  remoteLength: head.length,
  fork: head.fork,
});

/** A trouble speaks for itself; of anything else only the kind is told, its words might quote what it met. */
function wordsFor(error: unknown): string {
  if (error instanceof Trouble) return `${error.reason}: ${error.message}`;
  return error instanceof Error ? error.name : 'an unknown error';
}
