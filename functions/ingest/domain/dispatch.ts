/**
 * The one sender of all logs. What they have at the same moment leaves in shared messages, since each message costs a
 * request, a start of the detector and a line of log, however little is in it.
 *
 * Logs are read when a dispatch leaves, not before: an entry that comes while one waits still goes along. After a
 * quiet time a dispatch leaves at once; under load one leaves each `spacingMs`.
 */
import { ByteBudget } from './byte-budget.ts';
import type { Observe } from './events.ts';
import { MAX_BATCH_BYTES, pack, toBatches } from './packing.ts';
import { Trouble, type EntryQueue, type LogWindow, type Pacer, type WindowLimits } from './ports.ts';
import { sendBatch, type SendSettings } from './send.ts';

export interface DispatchSettings {
  /** The largest window that one log may fill. */
  readonly window: WindowLimits;
  /** From one dispatch of live entries to the next, at least: it trades latency for fewer requests. */
  readonly spacingMs: number;
  /** How long a dispatch waits for a log that is slow to read. */
  readonly gatherMs: number;
  /** Bytes of entries in memory, from being read to being accepted, over all logs. */
  readonly inFlightBytes: number;
  readonly send: SendSettings;
}

export interface DispatchDeps {
  readonly queue: EntryQueue;
  readonly pacer: Pacer;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly observe: Observe;
}

/** A log that shares the budget with very many still gets so much. */
const MIN_SHARE_BYTES = 64 * 1024;

interface Parcel {
  readonly window: LogWindow;
  /** Of its entries. */
  readonly bytes: number;
  readonly accepted: () => void;
  readonly refused: (error: unknown) => void;
}

export class Dispatcher {
  /** How many logs there are: each gets its share of the budget, so that a sick one holds no more than that. */
  logs = 1;
  readonly #deps: DispatchDeps;
  readonly #settings: DispatchSettings;
  readonly #stop: AbortSignal;
  readonly #budget: ByteBudget;
  #nextAt = 0;
  #next: Promise<void> | undefined;
  /** Logs that read for the dispatch that is about to leave. */
  #reading = 0;
  #parcels: Parcel[] = [];

  /** @param stop of the whole run: what is under way then is offered once more and no longer */
  constructor(deps: DispatchDeps, settings: DispatchSettings, stop: AbortSignal) {
    this.#deps = deps;
    this.#settings = settings;
    this.#stop = stop;
    this.#budget = new ByteBudget(settings.inFlightBytes);
  }

  /**
   * Reads a window when the next dispatch leaves and ships it.
   * @param available how many entries there are: one that fills a window gains nothing by waiting
   * @returns the window, once the queue has accepted all of it; `undefined` when stopped before, or nothing was read
   * @throws Trouble what `read` threw, or `queue-refused`: some of it may have been accepted then
   */
  async ship(
    read: (limits: WindowLimits) => Promise<LogWindow | undefined>,
    available: number,
    stop: AbortSignal,
  ): Promise<LogWindow | undefined> {
    const { window: most, inFlightBytes } = this.#settings;
    const isLive = available < most.maxEntries;
    if (isLive) await this.#departure();
    const share = Math.min(most.maxBytes, Math.max(MIN_SHARE_BYTES, Math.floor(inFlightBytes / this.logs)));
    if (stop.aborted || !(await this.#budget.take(share, stop))) return undefined;
    let held = share;
    if (isLive) this.#reading += 1;
    try {
      const accepted = Promise.withResolvers<undefined>();
      let window: LogWindow | undefined;
      try {
        window = await read({ ...most, maxBytes: share });
        if (window === undefined) return undefined;
        held = window.entries.reduce((sum, entry) => sum + entry.byteLength, 0);
        this.#budget.adjust(share, held);
        this.#parcels.push({
          window,
          bytes: held,
          accepted: () => accepted.resolve(undefined),
          refused: accepted.reject,
        });
      } finally {
        if (isLive) this.#reading -= 1;
        this.#leaveWhenReady();
      }
      await accepted.promise;
      return window;
    } finally {
      this.#budget.give(held);
    }
  }

  /** All who wait for the same departure go on together. */
  async #departure(): Promise<void> {
    const { pacer } = this.#deps;
    const wait = this.#nextAt - pacer.now();
    if (wait > 0) {
      this.#next ??= pacer.sleep(wait, this.#stop).then(() => {
        this.#next = undefined;
        this.#nextAt = pacer.now() + this.#settings.spacingMs;
      });
      return this.#next;
    }
    this.#nextAt = pacer.now() + this.#settings.spacingMs;
  }

  #leaveWhenReady(): void {
    if (this.#parcels.length === 0) return;
    const bytes = this.#parcels.reduce((sum, parcel) => sum + parcel.bytes, 0);
    if (this.#reading === 0 || bytes >= MAX_BATCH_BYTES) {
      void this.#leave();
    } else if (this.#parcels.length === 1) {
      // One log that hangs does not keep the others' entries.
      const [waiting] = this.#parcels;
      void this.#deps.pacer.sleep(this.#settings.gatherMs, this.#stop).then(() => {
        if (this.#parcels[0] === waiting) void this.#leave();
      });
    }
  }

  /** Never rejects: each parcel hears of its own fate. */
  async #leave(): Promise<void> {
    const parcels = this.#parcels;
    this.#parcels = [];
    const { pacer, observe } = this.#deps;
    const messages = pack(
      parcels.map(({ window }) => window),
      pacer.now(),
    );
    const sendings = toBatches(messages).map((batch) => ({
      batch,
      sent: sendBatch(batch, this.#deps, this.#settings.send, this.#stop),
    }));
    const outcomes = await Promise.all(
      parcels.map(async ({ window, accepted, refused }, index) => {
        const carriers = sendings.filter(({ batch }) => batch.some(({ ranges }) => ranges.includes(index)));
        const results = await Promise.all(carriers.map(({ sent }) => sent));
        const missing = results.find((result) => result.refused.some(({ ranges }) => ranges.includes(index)));
        if (missing === undefined) {
          accepted();
          return window;
        }
        refused(
          new Trouble(
            'queue-refused',
            `The queue refused a message to the end, last with ${missing.code ?? 'no code'}.`,
          ),
        );
        return undefined;
      }),
    );
    const windows = outcomes.filter((window) => window !== undefined);
    if (windows.length === 0) return;
    observe({
      kind: 'shipped',
      windows: windows.map(({ core, fork, seqStart, seqEnd }) => ({ core, fork, seqStart, seqEnd })),
      messages: messages.length,
      bytes: messages.reduce((sum, message) => sum + message.bytes, 0),
      contentBytes: messages.reduce((sum, message) => sum + message.contentBytes, 0),
      lagMs: Math.max(0, pacer.now() - Math.min(...windows.map(({ knownAt }) => knownAt))),
    });
  }
}
