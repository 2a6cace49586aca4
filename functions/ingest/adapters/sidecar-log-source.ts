/**
 * Follows a log whose storage lies on this host, beside the process that writes it and without a word to it. A read-only
 * opening shows a point in time, so the storage is opened anew when its files have changed.
 *
 * What this sees: the whole storage, the log's secret key included, which it neither reads nor needs. What it proves:
 * what the storage says. Hypercore verified the entries when they were stored; here they are not verified again, and
 * whoever may write these files holds the log's secret key anyway.
 */
import type Hypercore from 'hypercore';
import type { Clock } from '../../kernel/clock.ts';
import type { Head } from '../domain/checkpoint.ts';
import { Trouble, type LogSource, type LogWindow, type Peer, type WindowLimits } from '../domain/ports.ts';
import { BlockReader } from './block-reader.ts';
import { noDriver } from './drivers.ts';
import { pathBelow } from './local-path.ts';
import { PolledSession } from './polled-session.ts';
import { filesOf, openSnapshot, type Snapshot } from './storage-snapshot.ts';
import { openSession } from './session-life.ts';

export interface SidecarSettings {
  /** How often the files are looked at. */
  readonly pollMs: number;
  /** How long a block may take from the disk. */
  readonly readMs: number;
  /** How often in a row the storage may fail to open: the writer may be tidying it up at that moment. */
  readonly openAttempts: number;
}

const SETTINGS: SidecarSettings = { pollMs: 100, readMs: 5_000, openAttempts: 5 };

/** @param root directory that logs may lie in */
export function createSidecarLogSource(
  clock: Clock,
  root: string,
  overrides: Partial<SidecarSettings> = {},
): LogSource {
  const settings = { ...SETTINGS, ...overrides };
  return {
    connect: async (peer, stop) => {
      if (peer.driver !== 'sidecar') throw noDriver(peer);
      return openSession(
        stop,
        () => new SidecarSession(peer, pathBelow(root, peer.directory), clock, settings, stop),
      );
    },
  };
}

class SidecarSession extends PolledSession {
  readonly #peer: Peer;
  readonly #directory: string;
  readonly #openAttempts: number;
  readonly #blockReader: BlockReader;
  #snapshot: Snapshot | undefined;
  #files = '';
  #failures = 0;

  constructor(peer: Peer, directory: string, clock: Clock, settings: SidecarSettings, stop: AbortSignal) {
    super(clock, settings.pollMs, stop);
    this.#peer = peer;
    this.#directory = directory;
    this.#openAttempts = settings.openAttempts;
    this.#blockReader = new BlockReader(settings.readMs);
  }

  protected async openFiles(): Promise<number> {
    this.#files = filesOf(this.#directory);
    this.#snapshot = await openSnapshot(this.#directory, this.#peer.core);
    return this.#snapshot.core.length;
  }

  head(): Head {
    const { core } = this.#now();
    return { fork: core.fork, length: core.length };
  }

  async treeHash(length: number): Promise<string> {
    return this.alone(async () => (await this.#now().core.treeHash(length)).toString('hex'));
  }

  async read(start: number, limits: WindowLimits): Promise<LogWindow | undefined> {
    return this.alone(async () => {
      const { core } = this.#now();
      const { fork, length } = core;
      if (start >= length) return undefined;
      const end = Math.min(length, start + limits.maxEntries);
      const entries = await this.#blockReader.read(core, start, end, limits.maxBytes);
      const seqEnd = start + entries.length;
      return {
        core: this.#peer.core,
        fork,
        seqStart: start,
        seqEnd,
        entries,
        treeHash: (await core.treeHash(seqEnd)).toString('hex'),
        knownAt: this.life.knownAt(start),
      };
    });
  }

  /** There are no copies. */
  async release(): Promise<void> {
    this.life.assertAlive();
  }

  protected async closeFiles(): Promise<void> {
    await this.#snapshot?.close();
  }

  /** Opens the storage anew if its files are others than last time. Never rejects. */
  protected async lookAgain(): Promise<void> {
    try {
      const files = filesOf(this.#directory);
      if (files === this.#files) return;
      const next = await openSnapshot(this.#directory, this.#peer.core);
      await this.alone(() => this.#replace(next)).catch(async (error: unknown) => {
        await next.close();
        throw error;
      });
      this.#files = files;
      this.#failures = 0;
    } catch {
      this.#failures += 1;
      if (this.#failures >= this.#openAttempts)
        this.end(`The storage could not be opened ${this.#failures} times in a row.`);
    }
  }

  async #replace(next: Snapshot): Promise<void> {
    const last = this.#now();
    const common = await lengthInCommon(last.core, next.core);
    this.#snapshot = next;
    if (common < last.core.length) this.life.cut(common, next.core.length);
    else if (next.core.fork !== last.core.fork) this.life.rewritten(next.core.length);
    else if (next.core.length > common) this.life.grew(next.core.length);
    await last.close();
  }

  #now(): Snapshot {
    this.life.assertAlive();
    if (this.#snapshot === undefined) throw new Trouble('disconnected', 'The session is not open.');
    return this.#snapshot;
  }
}

/** The longest beginning that both have: the same tree hash at a length means the same entries below it. */
async function lengthInCommon(a: Hypercore, b: Hypercore): Promise<number> {
  const same = async (length: number): Promise<boolean> =>
    length === 0 || (await a.treeHash(length)).equals(await b.treeHash(length));
  let high = Math.min(a.length, b.length);
  if (await same(high)) return high;
  let low = 0;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await same(middle)) low = middle;
    else high = middle;
  }
  return low;
}
