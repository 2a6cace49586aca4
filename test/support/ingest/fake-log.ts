import { createHash } from 'node:crypto';
import type { Head } from '../../../functions/ingest/domain/checkpoint.ts';
import {
  Trouble,
  type LogSession,
  type LogSource,
  type LogWindow,
  type Pacer,
  type TroubleReason,
} from '../../../functions/ingest/domain/ports.ts';

/** What can go wrong at the next connect or read; each is used up once. */
export type LogFault = 'refuse-connection' | 'disconnect' | 'stall';

/** A log in memory with all its forks, and the ways in which a peer that offers it falls sick. */
export class FakeLog {
  readonly peer: { readonly core: string; readonly host: string; readonly port: number };
  /** Every beginning that this log ever had, by its hash: what a checkpoint stands for. */
  readonly beginnings = new Map<string, readonly Buffer[]>();
  readonly faults: LogFault[] = [];
  /** A lagging copy shows no more than this. */
  showsAtMost = Number.POSITIVE_INFINITY;
  gone = false;
  /** A file cannot: what it does not show is not there. */
  mayLag = true;
  /** After so many reads a session asks for one in its place. */
  readsPerSession = Number.POSITIVE_INFINITY;
  #entries: Buffer[] = [];
  #fork = 0;
  readonly #sessions = new Set<FakeSession>();

  constructor(core: string) {
    this.peer = { core, host: 'peer.invalid', port: 4001 };
  }

  get head(): Head {
    return { fork: this.#fork, length: Math.min(this.#entries.length, this.showsAtMost) };
  }

  get entries(): readonly Buffer[] {
    return this.#entries;
  }

  append(...entries: readonly Buffer[]): void {
    this.#entries = [...this.#entries, ...entries];
    for (const session of this.#sessions) session.wake();
  }

  truncate(newLength: number): void {
    this.#entries = this.#entries.slice(0, newLength);
    this.#fork += 1;
    for (const session of this.#sessions) session.cut(newLength);
  }

  /** As a writer that was restored from a backup: other entries under the same fork. */
  rewrite(entries: readonly Buffer[]): void {
    this.disconnect('disconnected');
    this.#entries = [...entries];
  }

  /** The peer goes away for good. */
  vanish(): void {
    this.gone = true;
    this.disconnect('disconnected');
  }

  disconnect(reason: TroubleReason): void {
    for (const session of [...this.#sessions]) session.end(reason);
  }

  hashOf(length: number): string {
    const hash = createHash('sha256');
    for (const entry of this.#entries.slice(0, length))
      hash.update(createHash('sha256').update(entry).digest());
    const digest = hash.digest('hex');
    this.beginnings.set(digest, this.#entries.slice(0, length));
    return digest;
  }

  enter(session: FakeSession): void {
    this.#sessions.add(session);
  }

  leave(session: FakeSession): void {
    this.#sessions.delete(session);
  }
}

const READ_TIMEOUT_MS = 5_000;

class FakeSession implements LogSession {
  readonly mayLag: boolean;
  readonly ended: Promise<Trouble>;
  readonly #log: FakeLog;
  readonly #pacer: Pacer;
  readonly #resolveEnded: (trouble: Trouble) => void;
  #trouble: Trouble | undefined;
  #cutTo: number | undefined;
  #woken = new AbortController();
  #reads = 0;

  constructor(log: FakeLog, pacer: Pacer, stop: AbortSignal) {
    this.#log = log;
    this.mayLag = log.mayLag;
    this.#pacer = pacer;
    const { promise, resolve } = Promise.withResolvers<Trouble>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    log.enter(this);
    stop.addEventListener('abort', () => this.end('disconnected'), { once: true });
  }

  wake(): void {
    this.#woken.abort();
    this.#woken = new AbortController();
  }

  cut(newLength: number): void {
    this.#cutTo = Math.min(newLength, this.#cutTo ?? newLength);
    this.wake();
  }

  end(reason: TroubleReason): void {
    this.#trouble ??= new Trouble(reason, 'as the test wants it');
    this.#log.leave(this);
    this.#resolveEnded(this.#trouble);
    this.wake();
  }

  head(): Head {
    this.#assertAlive();
    return this.#log.head;
  }

  async changed(known: Head, waitMs: number): Promise<void> {
    const { fork, length } = this.head();
    if (this.#cutTo !== undefined || fork !== known.fork || length !== known.length) return;
    await this.#pacer.sleep(waitMs, this.#woken.signal);
    this.#assertAlive();
  }

  async treeHash(length: number): Promise<string> {
    this.#assertAlive();
    return this.#log.hashOf(length);
  }

  async read(
    start: number,
    limits: { maxEntries: number; maxBytes: number },
  ): Promise<LogWindow | undefined> {
    const { fork, length } = this.head();
    if (start >= length) return undefined;
    this.#reads += 1;
    const fault = this.#log.faults.shift();
    if (fault === 'stall') {
      await this.#pacer.sleep(READ_TIMEOUT_MS, new AbortController().signal);
      throw new Trouble('read-timeout', 'as the test wants it');
    }
    if (fault !== undefined) this.end('disconnected');
    await Promise.resolve();
    this.#assertAlive();
    if (this.#log.head.fork !== fork) return undefined;
    const entries: Buffer[] = [];
    let bytes = 0;
    for (const entry of this.#log.entries.slice(start, Math.min(length, start + limits.maxEntries))) {
      if (bytes >= limits.maxBytes) break;
      entries.push(entry);
      bytes += entry.length;
    }
    const seqEnd = start + entries.length;
    const treeHash = this.#log.hashOf(seqEnd);
    return {
      core: this.#log.peer.core,
      fork,
      seqStart: start,
      seqEnd,
      entries,
      treeHash,
      knownAt: this.#pacer.now(),
    };
  }

  async release(): Promise<void> {
    this.#assertAlive();
  }

  isSpent(): boolean {
    return this.#reads >= this.#log.readsPerSession;
  }

  takeTruncation(): number | undefined {
    const cut = this.#cutTo;
    this.#cutTo = undefined;
    return cut;
  }

  async close(): Promise<void> {
    this.end('disconnected');
  }

  #assertAlive(): void {
    if (this.#trouble !== undefined) throw this.#trouble;
  }
}

/** Offers these logs; another one's address refuses the connection. */
export function createFakeLogSource(logs: readonly FakeLog[], pacer: Pacer): LogSource {
  return {
    async connect(peer, stop) {
      const log = logs.find((candidate) => candidate.peer.core === peer.core);
      if (log === undefined || log.gone || log.faults[0] === 'refuse-connection') {
        log?.faults.shift();
        throw new Trouble('unreachable', 'as the test wants it');
      }
      return new FakeSession(log, pacer, stop);
    },
  };
}
