/** One message to one channel: delivered once, or tried again later, or given up for a person to see. */
import type { Note } from './note.ts';

export type Outcome =
  /** `reference`: what the channel calls the message, to change it later. */
  | { readonly kind: 'delivered'; readonly reference?: string }
  /** Later may be better. `afterMs`: what the channel asked for. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number }
  /** Never like this. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Nobody has set the channel up. */
  | { readonly kind: 'off' };

export interface NoteChannel {
  readonly name: string;
  /**
   * @param earlier `reference` of the episode's message, and whether this very message may have been accepted by an
   * attempt whose answer was lost
   */
  deliver(
    note: Note,
    earlier: { readonly reference?: string; readonly attempted: boolean },
  ): Promise<Outcome>;
  /** Reads its settings again at the next message: what fails may have been mended. Absent where it has none. */
  forgetSettings?(): void;
}

/** Remembers for each channel and episode what was delivered last. */
export interface DeliveryLog {
  /** @returns `superseded` when this message or a later one of the episode was delivered; `held` while another function is at it */
  claim(
    channel: string,
    note: Note,
    until: number,
    now: number,
  ): Promise<
    | { readonly kind: 'claimed'; readonly reference?: string; readonly attempted: boolean }
    | { readonly kind: 'superseded' }
    | { readonly kind: 'held' }
  >;
  delivered(channel: string, note: Note, reference: string | undefined): Promise<void>;
  /** @param attempted whether the channel may have accepted it all the same */
  release(channel: string, note: Note, attempted: boolean): Promise<void>;
}

/** Keeps a channel that fails from being asked again and again. */
export interface Breaker {
  /** @returns until when it must not be asked; a time that is past means that it may */
  openUntil(channel: string): Promise<number>;
  failed(channel: string, now: number): Promise<void>;
  succeeded(channel: string): Promise<void>;
}

export interface DeliverDeps {
  readonly channel: NoteChannel;
  readonly log: DeliveryLog;
  readonly breaker: Breaker;
  readonly now: () => number;
  readonly random: () => number;
  /** Longer than an attempt can last. */
  readonly holdMs: number;
}

export type Delivery =
  | { readonly kind: 'done'; readonly how: 'delivered' | 'superseded' | 'off' }
  | { readonly kind: 'again'; readonly afterMs: number; readonly reason: string }
  | { readonly kind: 'dead'; readonly reason: string };

/** @param attempt how often the message has been received, this time included */
export async function deliver(note: Note, attempt: number, deps: DeliverDeps): Promise<Delivery> {
  const { channel, log, breaker, now, random } = deps;
  const openUntil = await breaker.openUntil(channel.name);
  if (openUntil > now()) {
    // Spread, so that not all come back in the same moment.
    return { kind: 'again', afterMs: openUntil - now() + random() * 1_000, reason: 'the circuit is open' };
  }
  const claim = await log.claim(channel.name, note, now() + deps.holdMs, now());
  if (claim.kind === 'superseded') return { kind: 'done', how: 'superseded' };
  if (claim.kind === 'held') return { kind: 'again', afterMs: 1_000, reason: 'another function is at it' };
  const outcome = await channel.deliver(note, claim);
  switch (outcome.kind) {
    case 'delivered':
      await log.delivered(channel.name, note, outcome.reference ?? claim.reference);
      await breaker.succeeded(channel.name);
      return { kind: 'done', how: 'delivered' };
    case 'off':
      await log.release(channel.name, note, false);
      return { kind: 'done', how: 'off' };
    case 'refused':
      await log.release(channel.name, note, false);
      return { kind: 'dead', reason: outcome.reason };
    case 'retry':
      channel.forgetSettings?.();
      await log.release(channel.name, note, true);
      await breaker.failed(channel.name, now());
      return {
        kind: 'again',
        afterMs: Math.max(outcome.afterMs ?? 0, backoff(attempt, random())),
        reason: outcome.reason,
      };
  }
}

const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 600_000;

/** Exponential, with up to a quarter more at random. */
export function backoff(attempt: number, random: number): number {
  return Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.max(0, attempt - 1)) * (1 + random / 4);
}

const FAILURES_BEFORE_OPEN = 5;
const FIRST_OPEN_MS = 5_000;
const LONGEST_OPEN_MS = 60_000;

/** @returns how long a circuit stays open after so many failures in a row; 0 while it stays closed */
export function openFor(failures: number): number {
  if (failures < FAILURES_BEFORE_OPEN) return 0;
  return Math.min(LONGEST_OPEN_MS, FIRST_OPEN_MS * 2 ** (failures - FAILURES_BEFORE_OPEN));
}
