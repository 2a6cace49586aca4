import type { Clock } from '../../kernel/clock.ts';
import type { Head } from '../domain/checkpoint.ts';
import type { LogSession, LogWindow, Trouble, WindowLimits } from '../domain/ports.ts';
import { SessionLife } from './session-life.ts';

/**
 * What sessions to a log on this host's disk have in common: they look at its files again and again, and use them one
 * at a time, so that nothing is closed under a reader.
 */
export abstract class PolledSession implements LogSession {
  /** The files are the log itself. */
  readonly mayLag = false;
  protected readonly life: SessionLife;
  readonly #pollMs: number;
  readonly #stop: AbortSignal;
  readonly #onStop = (): void => this.end('The shipper is stopping.');
  #poll: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(clock: Clock, pollMs: number, stop: AbortSignal) {
    this.life = new SessionLife(clock);
    this.#pollMs = pollMs;
    this.#stop = stop;
  }

  /** Opens the files. @returns how long the log is */
  protected abstract openFiles(): Promise<number>;
  /** Sees what has become of the files, and tells {@link life}. Never rejects. */
  protected abstract lookAgain(): Promise<void>;
  protected abstract closeFiles(): Promise<void>;

  abstract head(): Head;
  abstract treeHash(length: number): Promise<string>;
  abstract read(start: number, limits: WindowLimits): Promise<LogWindow | undefined>;
  abstract release(seqStart: number, seqEnd: number): Promise<void>;

  get ended(): Promise<Trouble> {
    return this.life.ended;
  }

  async open(): Promise<void> {
    this.#stop.addEventListener('abort', this.#onStop, { once: true });
    this.life.grew(await this.alone(() => this.openFiles()));
    this.#pollLater();
  }

  async changed(known: Head, waitMs: number, stop: AbortSignal): Promise<void> {
    await this.life.changed(this.head(), known, waitMs, stop);
  }

  takeTruncation(): number | undefined {
    return this.life.takeTruncation();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.end('The session was closed.');
    this.#stop.removeEventListener('abort', this.#onStop);
    await this.#turn;
    await this.closeFiles();
  }

  protected end(message: string): void {
    if (!this.life.end('disconnected', message)) return;
    clearTimeout(this.#poll);
    void this.close();
  }

  /** Does `work` when nobody else uses the files. @throws Trouble when the session has ended */
  protected async alone<T>(work: () => Promise<T>): Promise<T> {
    this.life.assertAlive();
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    try {
      return await mine;
    } catch (error) {
      this.life.assertAlive();
      throw error;
    }
  }

  #pollLater(): void {
    this.#poll = setTimeout(() => {
      void this.lookAgain().finally(() => {
        if (this.life.trouble === undefined) this.#pollLater();
      });
    }, this.#pollMs);
  }
}
