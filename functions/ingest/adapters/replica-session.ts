/**
 * Follows a log by hypercore's own replication, whatever carries it: encrypted by its Noise stream, every block verified
 * against the log's public key. The replica is made anew for every connection, in memory, and gone with it: one that
 * remembered what it saw could meet a log restored from a backup, and make both sides close with a conflict.
 */
import Hypercore from 'hypercore';
import HypercoreStorage from 'hypercore-storage';
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import type { Head } from '../domain/checkpoint.ts';
import { BlockReader } from './block-reader.ts';
import { type ReplicaMemory, type MemoryDatabase } from './memory-database.ts';
import { SessionLife, openSession } from './session-life.ts';
import {
  Trouble,
  type LogSession,
  type LogWindow,
  type Misdeed,
  type Peer,
  type TroubleReason,
  type WindowLimits,
} from '../domain/ports.ts';

export interface ReplicaSettings {
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

export const REPLICA_SETTINGS: ReplicaSettings = {
  connectMs: 5_000,
  readMs: 5_000,
  silenceMs: 15_000,
  proofMs: 4_000,
};

/** A connection that carries the replication. */
export interface Link {
  /** The peer's own key in the network, hex, where there is one. */
  readonly remoteKey?: string;
  destroy(): void;
}

/** Carries the replication of a core; `end` may be called at any time, also before it returns. */
export type Join = (way: {
  readonly core: Hypercore;
  /** To be called with the discovery key of every other log that the peer offers. */
  readonly onOtherLog: (discoveryKey: Buffer) => void;
  readonly end: (reason: TroubleReason, message: string) => void;
  /** After so much silence the link has to end. */
  readonly silenceMs: number;
}) => Link;

/** Of all replicas together, as {@link ReplicaMemory} counts: the trees of some 300,000 entries. */
export const REPLICA_BYTES = 32 * 1024 * 1024;

/** How long hypercore may take to tell a conflict from plain nonsense. */
const CONFLICT_MS = 100;

const MAX_OFFERED = 4;

const NOT_THIS_LOG = 'The peer sent data that does not belong to this log.';

/**
 * Opens a replica, joins it to a peer and waits until the peer has told its head.
 * @throws Trouble when the peer cannot be reached, or does not offer the log
 */
export async function openReplica(
  peer: Peer,
  memory: ReplicaMemory,
  clock: Clock,
  settings: ReplicaSettings,
  stop: AbortSignal,
  join: Join,
): Promise<LogSession> {
  return openSession(stop, () => new ReplicaSession(peer, memory, clock, settings, stop, join));
}

class ReplicaSession implements LogSession {
  /** A peer may be a copy that has not seen everything yet. */
  readonly mayLag = true;
  readonly #life: SessionLife;
  readonly #peer: Peer;
  readonly #core: Hypercore;
  readonly #memory: ReplicaMemory;
  readonly #database: MemoryDatabase;
  readonly #clock: Clock;
  readonly #settings: ReplicaSettings;
  readonly #join: Join;
  readonly #onStop = (): void => this.#end('disconnected', 'The shipper is stopping.');
  readonly #stop: AbortSignal;
  readonly #blockReader: BlockReader;
  #link: Link | undefined;
  /** Discovery keys of other logs that the peer offers. */
  readonly #offered = new Set<string>();
  #watchdog: NodeJS.Timeout | undefined;
  /** Runs since the peer sent what does not verify. */
  #suspect: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #lengthSeen = 0;
  /** Blocks that have come. */
  #blocks = 0;

  constructor(
    peer: Peer,
    memory: ReplicaMemory,
    clock: Clock,
    settings: ReplicaSettings,
    stop: AbortSignal,
    join: Join,
  ) {
    this.#peer = peer;
    this.#memory = memory;
    this.#database = memory.create();
    this.#core = new Hypercore(new HypercoreStorage(this.#database), Buffer.from(peer.core, 'hex'), {
      timeout: settings.readMs,
    });
    this.#clock = clock;
    this.#settings = settings;
    this.#stop = stop;
    this.#join = join;
    this.#life = new SessionLife(clock);
    this.#blockReader = new BlockReader(settings.readMs);
  }

  get ended(): Promise<Trouble> {
    return this.#life.ended;
  }

  async open(): Promise<void> {
    this.#stop.addEventListener('abort', this.#onStop, { once: true });
    const core = this.#core;
    core.on('append', () => this.#onAppend());
    core.on('download', () => (this.#blocks += 1));
    core.on('truncate', (newLength: number) => this.#onTruncate(newLength));
    core.on('verification-error', (error: unknown, _request: unknown, sent: unknown) => {
      const met = this.#signed(misdeedIn(error, sent));
      // A signature that does not fit may be the other half of a conflict: hypercore finds out, and says so by itself.
      this.#suspect ??= setTimeout(() => this.#end('verification-failed', NOT_THIS_LOG, met), CONFLICT_MS);
    });
    core.on('conflict', (length: number, fork: number, proof: unknown) =>
      this.#end(
        'log-closed',
        `Two signed versions of the log meet at length ${length}.`,
        this.#signed({ ...misdeedIn(undefined, proof), code: 'CONFLICT', fork, length }),
      ),
    );
    core.on('close', () => this.#end('log-closed', 'The log was closed.'));
    await core.ready();

    this.#link = this.#join({
      core,
      onOtherLog: (discoveryKey) => this.#offered.add(discoveryKey.toString('hex')),
      end: (reason, message) => this.#end(reason, message),
      silenceMs: this.#settings.silenceMs,
    });
    if (this.#life.trouble !== undefined) this.#link.destroy();

    await this.#untilTold();
    this.#watch();
  }

  head(): Head {
    this.#life.assertAlive();
    return { fork: this.#core.fork, length: this.#core.length };
  }

  async changed(known: Head, waitMs: number, stop: AbortSignal): Promise<void> {
    await this.#life.changed(this.head(), known, waitMs, stop);
  }

  async treeHash(length: number): Promise<string> {
    this.#life.assertAlive();
    return this.#guard(async () => (await this.#core.treeHash(length)).toString('hex'));
  }

  async read(start: number, limits: WindowLimits): Promise<LogWindow | undefined> {
    const { fork, length } = this.head();
    if (start >= length) return undefined;
    const end = Math.min(length, start + limits.maxEntries);
    const download = this.#core.download({ start, end, linear: true });
    try {
      return await this.#guard(async () => {
        const entries = await this.#blockReader.read(this.#core, start, end, limits.maxBytes);
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
          knownAt: this.#life.knownAt(start),
        };
      });
    } catch (error) {
      // A block of a fork that is no more fails in many ways; what it means is known.
      if (this.#life.trouble === undefined && this.#core.fork !== fork) return undefined;
      throw error;
    } finally {
      download.destroy();
    }
  }

  async release(seqStart: number, seqEnd: number): Promise<void> {
    this.#life.assertAlive();
    await this.#guard(() => this.#core.clear(seqStart, seqEnd));
  }

  isSpent(): boolean {
    return this.#memory.isSpent(this.#database);
  }

  takeTruncation(): number | undefined {
    return this.#life.takeTruncation();
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

  /** Hypercore's errors become the session's trouble, if it has ended, or a timeout. */
  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#life.assertAlive();
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
      this.#life.assertAlive();
      const peer = this.#core.peers.find(({ remoteSynced }) => remoteSynced);
      if (peer !== undefined && (peer.remoteLength === 0 || this.#core.length > 0)) return;
      if (this.#clock.now() >= deadline) {
        if (this.#offered.size > 0)
          throw new Trouble(
            'wrong-key',
            'The peer offers other logs, and none of this key.',
            this.#signed({ code: 'WRONG_KEY', offered: [...this.#offered].sort().slice(0, MAX_OFFERED) }),
          );
        throw new Trouble('silent', 'The peer answered, if at all, without offering a log of this key.');
      }
      await this.#life.wait(10);
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
    this.#life.grew(this.#lengthSeen);
  }

  #onTruncate(newLength: number): void {
    const seen = this.#lengthSeen;
    this.#lengthSeen = this.#core.length;
    // A fresh replica reports its first fork as a truncation of nothing.
    if (seen > newLength) this.#life.cut(newLength, this.#lengthSeen);
    else this.#life.rewritten(this.#lengthSeen);
  }

  #signed(met: Misdeed): Misdeed {
    const remoteKey = this.#link?.remoteKey;
    return remoteKey === undefined ? met : { ...met, remoteKey };
  }

  /** Closing the replica ends the reads that wait for the peer. */
  #end(reason: TroubleReason, message: string, met?: Misdeed): void {
    if (!this.#life.end(reason, message, met)) return;
    clearInterval(this.#watchdog);
    clearTimeout(this.#suspect);
    this.#link?.destroy();
    void this.close();
  }
}

const bytes = z.instanceof(Uint8Array);
const sentData = z.object({
  fork: z.int().nonnegative().optional(),
  block: z.object({ index: z.int().nonnegative(), value: bytes.nullish() }).nullish(),
  upgrade: z.object({ start: z.int(), length: z.int().nonnegative(), signature: bytes.nullish() }).nullish(),
});

/** Of what a peer sent, that which can be kept: never a block's content, nor a hash of it. */
function misdeedIn(error: unknown, sent: unknown): Misdeed {
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
  const parsed = sentData.safeParse(sent);
  if (!parsed.success) return { code };
  const { fork, block, upgrade } = parsed.data;
  return {
    code: code.slice(0, 64),
    ...(fork !== undefined && { fork }),
    ...(block && { seq: block.index, bytes: block.value?.byteLength ?? 0 }),
    ...(upgrade && {
      length: upgrade.start + upgrade.length,
      signature: Buffer.from(upgrade.signature ?? [])
        .toString('hex')
        .slice(0, 512),
    }),
  };
}
