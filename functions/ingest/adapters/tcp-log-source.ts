/**
 * Follows a log over TCP: hypercore's own replication, encrypted by its Noise stream, every block verified against the
 * log's public key. The replica is made anew for every connection, in memory, and gone with it: one that remembered what
 * it saw could meet a log restored from a backup, and make both sides close with a conflict.
 */
import { connect, type Socket } from 'node:net';
import Hypercore from 'hypercore';
import HypercoreStorage from 'hypercore-storage';
import type { Clock } from '../../kernel/clock.ts';
import type { Head } from '../domain/checkpoint.ts';
import {
  Trouble,
  type LogSession,
  type LogSource,
  type LogWindow,
  type Peer,
  type TroubleReason,
  type WindowLimits,
} from '../domain/ports.ts';
import { ReplicaMemory, type MemoryDatabase } from './memory-database.ts';

interface TcpSettings {
  /** For the connection, the handshake and the peer's first word on the log, together. */
  readonly connectMs: number;
  /** How long a block may take. */
  readonly readMs: number;
  /** Both sides send a keep-alive every 5 s; a peer that was silent for longer than this is gone. */
  readonly silenceMs: number;
  /**
   * How long a peer may claim more than it proves while it sends no block either. A log that is cut back while many blocks are on their way ends
   * here too: hypercore gives a peer up for good after 32 requests that the new fork cannot answer.
   */
  readonly proofMs: number;
}

const SETTINGS: TcpSettings = { connectMs: 5_000, readMs: 5_000, silenceMs: 15_000, proofMs: 4_000 };

/** Blocks asked of the store at once: each alone would wait for its own round through the thread pool. */
const READ_AHEAD = 64;

/** What a block is taken to weigh before one was seen. */
const FIRST_GUESS_BYTES = 16 * 1024;

/** How exactly it is known when an entry appeared. */
const MARK_MS = 10;

/** Of all replicas together, as {@link ReplicaMemory} counts: the trees of some 300,000 entries. */
const REPLICA_BYTES = 32 * 1024 * 1024;

export function createTcpLogSource(clock: Clock, overrides: Partial<TcpSettings> = {}): LogSource {
  const settings = { ...SETTINGS, ...overrides };
  const memory = new ReplicaMemory(REPLICA_BYTES);
  return {
    async connect(peer, stop) {
      if (stop.aborted) throw new Trouble('disconnected', 'The shipper is stopping.');
      const session = new TcpLogSession(peer, memory, clock, settings, stop);
      try {
        await session.open();
        return session;
      } catch (error) {
        await session.close();
        throw error;
      }
    },
  };
}

class TcpLogSession implements LogSession {
  readonly ended: Promise<Trouble>;
  readonly #peer: Peer;
  readonly #memory: ReplicaMemory;
  readonly #database: MemoryDatabase;
  readonly #core: Hypercore;
  readonly #clock: Clock;
  readonly #settings: TcpSettings;
  readonly #resolveEnded: (trouble: Trouble) => void;
  readonly #onStop = (): void => this.#end('disconnected', 'The shipper is stopping.');
  readonly #stop: AbortSignal;
  readonly #waiters = new Set<() => void>();
  #socket: Socket | undefined;
  #stream: Hypercore.ReplicationStream | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #trouble: Trouble | undefined;
  #closing: Promise<void> | undefined;
  #lengthSeen = 0;
  /** Blocks that have come. */
  #blocks = 0;
  /** Bytes of the largest block of late. */
  #largest = FIRST_GUESS_BYTES;
  #cutTo: number | undefined;
  /** When the log was first seen to have so many entries; in order. */
  #marks: { readonly length: number; readonly at: number }[] = [];

  constructor(peer: Peer, memory: ReplicaMemory, clock: Clock, settings: TcpSettings, stop: AbortSignal) {
    this.#peer = peer;
    this.#memory = memory;
    this.#database = memory.create();
    this.#core = new Hypercore(new HypercoreStorage(this.#database), Buffer.from(peer.core, 'hex'), {
      timeout: settings.readMs,
    });
    this.#clock = clock;
    this.#settings = settings;
    this.#stop = stop;
    const { promise, resolve } = Promise.withResolvers<Trouble>();
    this.ended = promise;
    this.#resolveEnded = resolve;
  }

  async open(): Promise<void> {
    this.#stop.addEventListener('abort', this.#onStop, { once: true });
    const core = this.#core;
    core.on('append', () => this.#onAppend());
    core.on('download', () => (this.#blocks += 1));
    core.on('truncate', (newLength: number) => this.#onTruncate(newLength));
    core.on('verification-error', () =>
      this.#end('verification-failed', 'The peer sent data that does not belong to this log.'),
    );
    core.on('close', () =>
      this.#end('log-closed', 'The log was closed, which a conflict of its signatures does.'),
    );
    await core.ready();

    const stream = core.replicate(true);
    const socket = connect({ host: this.#peer.host, port: this.#peer.port, noDelay: true });
    this.#stream = stream;
    this.#socket = socket;
    // The protocol tells a closed socket by its stream: one of the two always says so.
    const gone = (): void => this.#end('disconnected', 'The peer closed the connection.');
    socket.on('error', (error) => this.#end('unreachable', `The connection failed${codeOf(error)}.`));
    socket.on('close', gone);
    stream.on('error', () => this.#end('disconnected', 'The encrypted stream broke off or fell silent.'));
    stream.on('close', gone);
    stream.noiseStream.setTimeout(this.#settings.silenceMs);
    socket.pipe(stream).pipe(socket);

    await this.#untilTold();
    this.#watch();
  }

  head(): Head {
    this.#assertAlive();
    return { fork: this.#core.fork, length: this.#core.length };
  }

  async changed(known: Head, waitMs: number, stop: AbortSignal): Promise<void> {
    const { fork, length } = this.head();
    if (stop.aborted || this.#cutTo !== undefined || fork !== known.fork || length !== known.length) return;
    await this.#wait(waitMs);
    this.#assertAlive();
  }

  async treeHash(length: number): Promise<string> {
    this.#assertAlive();
    return this.#guard(async () => (await this.#core.treeHash(length)).toString('hex'));
  }

  async read(start: number, limits: WindowLimits): Promise<LogWindow | undefined> {
    const { fork, length } = this.head();
    if (start >= length) return undefined;
    const end = Math.min(length, start + limits.maxEntries);
    const download = this.#core.download({ start, end, linear: true });
    try {
      return await this.#guard(async () => {
        const entries = await this.#readBlocks(start, end, limits.maxBytes);
        const seqEnd = start + entries.length;
        const treeHash = (await this.#core.treeHash(seqEnd)).toString('hex');
        // Cut back meanwhile: the blocks may be of both forks.
        if (this.#core.fork !== fork) return undefined;
        return {
          core: this.#peer.core,
          fork,
          seqStart: start,
          seqEnd,
          entries,
          treeHash,
          knownAt: this.#knownAt(start),
        };
      });
    } catch (error) {
      // A block of a fork that is no more fails in many ways; what it means is known.
      if (this.#trouble === undefined && this.#core.fork !== fork) return undefined;
      throw error;
    } finally {
      download.destroy();
    }
  }

  async release(seqStart: number, seqEnd: number): Promise<void> {
    this.#assertAlive();
    await this.#guard(() => this.#core.clear(seqStart, seqEnd));
  }

  isSpent(): boolean {
    return this.#memory.isSpent(this.#database);
  }

  takeTruncation(): number | undefined {
    const cut = this.#cutTo;
    this.#cutTo = undefined;
    return cut;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#end('disconnected', 'The session was closed.');
    this.#stop.removeEventListener('abort', this.#onStop);
    // A replica that could not even be opened cannot be closed.
    await this.#core.close().catch(() => undefined);
    this.#memory.forget(this.#database);
  }

  async #readBlocks(start: number, end: number, maxBytes: number): Promise<Buffer[]> {
    const entries: Buffer[] = [];
    let bytes = 0;
    while (start + entries.length < end && bytes < maxBytes) {
      const seq = start + entries.length;
      const ahead = Math.min(end - seq, this.#readAhead(maxBytes - bytes));
      const blocks = await Promise.all(
        Array.from({ length: ahead }, (_, offset) =>
          this.#core.get(seq + offset, { timeout: this.#settings.readMs }),
        ),
      );
      for (const block of blocks) {
        if (block === null) throw new Trouble('log-closed', 'A block was taken away while it was read.');
        this.#largest = Math.max(block.length, this.#largest * 0.99);
        if (bytes >= maxBytes) break;
        entries.push(block);
        bytes += block.length;
      }
    }
    return entries;
  }

  /** As many blocks at once as would fit if they were as large as the largest of late: nobody tells a size in advance. */
  #readAhead(bytes: number): number {
    return Math.min(READ_AHEAD, Math.max(1, Math.floor(bytes / this.#largest)));
  }

  /** Hypercore's errors become the session's trouble, if it has ended, or a timeout. */
  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (this.#trouble !== undefined) throw this.#trouble;
      if (error instanceof Error && 'code' in error && error.code === 'REQUEST_TIMEOUT') {
        throw new Trouble(
          'read-timeout',
          `The peer did not send an entry within ${this.#settings.readMs} ms.`,
        );
      }
      throw error;
    }
  }

  /** Resolves once the peer has told its length and, if there is one, proved it. */
  async #untilTold(): Promise<void> {
    const deadline = this.#clock.now() + this.#settings.connectMs;
    for (;;) {
      this.#assertAlive();
      const peer = this.#core.peers.find(({ remoteSynced }) => remoteSynced);
      if (peer !== undefined && (peer.remoteLength === 0 || this.#core.length > 0)) return;
      if (this.#clock.now() >= deadline) {
        throw new Trouble('silent', 'The peer answered, if at all, without offering a log of this key.');
      }
      await this.#wait(10);
    }
  }

  /** Ends a session whose peer claims what it never proves: it would look like a log with nothing new. */
  #watch(): void {
    let since: number | undefined;
    let seen = { length: this.#core.length, blocks: this.#blocks };
    this.#watchdog = setInterval(() => {
      const { fork, length } = this.#core;
      const claims = this.#core.peers.some((peer) => peer.remoteFork > fork || peer.remoteLength > length);
      // A busy peer serves what was asked before it proves more: blocks are progress as well, and each comes once.
      const progress = length !== seen.length || this.#blocks !== seen.blocks;
      seen = { length, blocks: this.#blocks };
      since = claims && !progress ? (since ?? this.#clock.now()) : undefined;
      if (since !== undefined && this.#clock.now() - since > this.#settings.proofMs) {
        this.#end('no-progress', 'The peer claims a longer log than it proves.');
      }
    }, 250);
    this.#watchdog.unref();
  }

  #onAppend(): void {
    this.#lengthSeen = this.#core.length;
    this.#mark();
    this.#wake();
  }

  #onTruncate(newLength: number): void {
    // A fresh replica reports its first fork as a truncation of nothing.
    if (this.#lengthSeen > newLength) this.#cutTo = Math.min(newLength, this.#cutTo ?? newLength);
    this.#lengthSeen = this.#core.length;
    this.#marks = [{ length: this.#core.length, at: this.#clock.now() }];
    this.#wake();
  }

  /** One mark for what comes within a few milliseconds: a waiting shipper may see hundreds of appends a second. */
  #mark(): void {
    const now = this.#clock.now();
    const last = this.#marks.at(-1);
    const at = last !== undefined && now - last.at < MARK_MS ? last.at : now;
    if (last?.at === at) this.#marks.pop();
    this.#marks.push({ length: this.#core.length, at });
  }

  #knownAt(seq: number): number {
    const past = this.#marks.findIndex(({ length }) => length > seq);
    if (past > 0) this.#marks.splice(0, past);
    return this.#marks[0]?.at ?? this.#clock.now();
  }

  #wait(ms: number): Promise<void> {
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

  #wake(): void {
    for (const wake of this.#waiters) wake();
  }

  #assertAlive(): void {
    if (this.#trouble !== undefined) throw this.#trouble;
  }

  /** The first reason stands. Closing the replica ends the reads that wait for the peer. */
  #end(reason: TroubleReason, message: string): void {
    if (this.#trouble !== undefined) return;
    this.#trouble = new Trouble(reason, message);
    clearInterval(this.#watchdog);
    this.#stream?.destroy();
    this.#socket?.destroy();
    this.#wake();
    this.#resolveEnded(this.#trouble);
    void this.close();
  }
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
}
