import type { Clock } from '../../kernel/clock.ts';
import type { Head } from '../domain/checkpoint.ts';
import { Trouble, type Misdeed, type TroubleReason } from '../domain/ports.ts';

/** How exactly it is known when an entry appeared, in milliseconds. */
const MARK_MS = 10;

/** What every session to a log is in the same way: it lasts until it ends, and what happens to it wakes who waits. */
export class SessionLife {
  readonly ended: Promise<Trouble>;
  readonly #resolveEnded: (trouble: Trouble) => void;
  readonly #waiters = new Set<() => void>();
  readonly #clock: Clock;
  #trouble: Trouble | undefined;
  #cutTo: number | undefined;
  /** When the log was first seen to have so many entries; in order. */
  #marks: { readonly length: number; readonly at: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    const { promise, resolve } = Promise.withResolvers<Trouble>();
    this.ended = promise;
    this.#resolveEnded = resolve;
  }

  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  get isCut(): boolean {
    return this.#cutTo !== undefined;
  }

  /** The first reason stands. @returns whether this was the first */
  end(reason: TroubleReason, message: string, met?: Misdeed): boolean {
    if (this.#trouble !== undefined) return false;
    this.#trouble = new Trouble(reason, message, met);
    this.wake();
    this.#resolveEnded(this.#trouble);
    return true;
  }

  assertAlive(): void {
    if (this.#trouble !== undefined) throw this.#trouble;
  }

  /** The log is this long now. One mark for what comes within a few milliseconds: there may be hundreds of appends a second. */
  grew(length: number): void {
    const now = this.#clock.now();
    const last = this.#marks.at(-1);
    const at = last !== undefined && now - last.at < MARK_MS ? last.at : now;
    if (last?.at === at) this.#marks.pop();
    this.#marks.push({ length, at });
    this.wake();
  }

  /** The log was rewritten from `newLength` on, and is `length` long now. */
  cut(newLength: number, length: number): void {
    this.#cutTo = Math.min(newLength, this.#cutTo ?? newLength);
    this.rewritten(length);
  }

  /** What was known of when entries came is no longer so. */
  rewritten(length: number): void {
    this.#marks = [{ length, at: this.#clock.now() }];
    this.wake();
  }

  takeTruncation(): number | undefined {
    const cut = this.#cutTo;
    this.#cutTo = undefined;
    return cut;
  }

  /** When the entry was first known to exist, milliseconds since the epoch. */
  knownAt(seq: number): number {
    const past = this.#marks.findIndex(({ length }) => length > seq);
    if (past > 0) this.#marks.splice(0, past);
    return this.#marks[0]?.at ?? this.#clock.now();
  }

  /** Resolves when the log, whose head is `now`, may be another than `known`, or after `ms`. @throws Trouble when it ends */
  async changed(now: Head, known: Head, ms: number, stop: AbortSignal): Promise<void> {
    if (stop.aborted || this.isCut || now.fork !== known.fork || now.length !== known.length) return;
    await this.wait(ms);
    this.assertAlive();
  }

  /** Resolves after `ms`, or when something happens. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiters.add(wake);
    });
  }

  wake(): void {
    for (const wake of this.#waiters) wake();
  }
}

/** Makes and opens a session, and closes it again where that fails. */
export async function openSession<S extends { open(): Promise<void>; close(): Promise<void> }>(
  stop: AbortSignal,
  create: () => S,
): Promise<S> {
  if (stop.aborted) throw new Trouble('disconnected', 'The shipper is stopping.');
  const session = create();
  try {
    await session.open();
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}
