/** What the engine needs of the world. */
import type { LogSuspect } from '../../contracts/ingest-events.ts';
import type { Place } from '../../contracts/ingest-state.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Result } from '../../kernel/result.ts';
import type { Checkpoint, Head } from './checkpoint.ts';
import type { EntryRange, PackedMessage } from './packing.ts';

/** A log and where it is met. */
export type Peer = Place & {
  /** The log's public key, 64 hex digits: all that is trusted of the peer. Of a file, which has none, its name. */
  readonly core: string;
  readonly name?: string | undefined;
  /** Its entries list other logs, which the same address offers. */
  readonly isIndex?: boolean | undefined;
};

export interface PeerDirectory {
  /** Every peer that is registered now; `unreadable` names what is registered and cannot be understood, and why. */
  list(): Promise<{ readonly peers: readonly Peer[]; readonly unreadable: readonly string[] }>;
  /** Registers a log that an index lists; one that is registered already stays as it is. */
  enroll(peer: Peer, index: string): Promise<void>;
}

export type TroubleReason =
  | 'unreachable'
  | 'silent'
  | 'disconnected'
  | 'no-progress'
  | 'read-timeout'
  | 'verification-failed'
  | 'wrong-key'
  | 'log-closed'
  | 'no-driver'
  | 'queue-refused';

/** What a peer sent that no sound one does; shape and meaning as in `contracts/ingest-events.ts`. */
export type Misdeed = NonNullable<LogSuspect['evidence']['met']>;

/**
 * A log cannot be followed for the moment. It is thrown, although expected, because it may strike at any await of a
 * session and always means the same: drop the connection, wait, connect anew. The message is our own wording.
 */
export class Trouble extends Error {
  override readonly name = 'Trouble';
  readonly reason: TroubleReason;
  /** What speaks against the peer: lengths, hashes and signatures, never an entry's content. */
  readonly met: Misdeed | undefined;

  constructor(reason: TroubleReason, message: string, met?: Misdeed) {
    super(message);
    this.reason = reason;
    this.met = met;
  }
}

export interface WindowLimits {
  readonly maxEntries: number;
  /** A window ends with the entry that reaches this many bytes. */
  readonly maxBytes: number;
}

/** A verified, gapless range of a log, all of it of one fork. */
export interface LogWindow extends EntryRange {
  /** Hex hash of the log's tree over `[0, seqEnd)`. */
  readonly treeHash: string;
  /** When the first of its entries was first known to exist, milliseconds since the epoch. */
  readonly knownAt: number;
}

/** A connection to one log on one peer. Each method but `close` throws {@link Trouble} once the session has ended. */
export interface LogSession {
  /** Whether the peer may be a copy that shows less than there is; a file on this host is the thing itself. */
  readonly mayLag: boolean;
  /** Settles, never rejecting, when the session ends by itself. */
  readonly ended: Promise<Trouble>;
  /** What the peer has proved so far; it grows by itself while the session lasts. */
  head(): Head;
  /** Resolves when the head differs from `known`, after `waitMs`, on a truncation, or when stopped. */
  changed(known: Head, waitMs: number, stop: AbortSignal): Promise<void>;
  /** Hash of the tree over `[0, length)`, hex; `length` is at most the head's. */
  treeHash(length: number): Promise<string>;
  /**
   * Reads on from `start`, which is below the head. `undefined` when the log was cut back meanwhile. The window begins
   * later than `start` only where those entries are no more, which rotated files bring about.
   */
  read(start: number, limits: WindowLimits): Promise<LogWindow | undefined>;
  /** Forgets the copies of entries that need not be read again. */
  release(seqStart: number, seqEnd: number): Promise<void>;
  /** The lowest length that the log was cut back to since last asked; `undefined` when it was not. */
  takeTruncation(): number | undefined;
  /** Whether it holds so much of the log that a new session should go on in its place. Absent: never. */
  isSpent?(): boolean;
  /** Ends the session and removes what it stored. Never throws; may be called twice. */
  close(): Promise<void>;
}

export interface LogSource {
  /**
   * Connects and waits until the peer has told its head.
   * @throws Trouble `unreachable` or `silent`; gives up at once when stopped
   */
  connect(peer: Peer, stop: AbortSignal): Promise<LogSession>;
}

export interface CheckpointStore {
  /**
   * Takes a log over: whoever holds an older token can no longer move its checkpoint.
   * @returns the checkpoint, `undefined` if the log was never shipped; `fenced` when a newer holder has taken it
   */
  claim(core: string, token: number): Promise<Result<Checkpoint | undefined, 'fenced'>>;
  /** Moves the checkpoint of a claimed log, forth or back; `fenced` when a newer holder has claimed it. */
  advance(core: string, token: number, checkpoint: Checkpoint): Promise<Result<void, 'fenced'>>;
}

/** The right to ship until `expiresAt` (milliseconds since the epoch). A later grant has a greater token. */
export interface Grant {
  readonly holder: string;
  readonly token: number;
  readonly expiresAt: number;
}

export interface Lease {
  /** `held` while another's lease has not expired. */
  acquire(holder: string, now: number, ttlMs: number): Promise<Result<Grant, 'held'>>;
  /** Prolongs a grant; `lost` when somebody else took it in between. */
  renew(grant: Grant, now: number, ttlMs: number): Promise<Result<Grant, 'lost'>>;
  /** Lets a successor in at once; does nothing when the grant was lost. */
  release(grant: Grant): Promise<void>;
}

export type SendOutcome =
  | { readonly accepted: true }
  | { readonly accepted: false; /** The queue's error code. */ readonly code: string };

export interface EntryQueue {
  /** Hands over one batch; one outcome per message, in order. Throws when it cannot be known what was accepted. */
  send(batch: readonly PackedMessage[]): Promise<readonly SendOutcome[]>;
}

/** What the shipper last knew of one log. Times in milliseconds since the epoch. */
export interface LogStatus {
  readonly core: string;
  readonly connected: boolean;
  readonly remoteLength: number;
  readonly fork: number;
  readonly shippedLength: number;
  readonly lastProgressAt: number;
  readonly updatedAt: number;
  readonly lastError?: string | undefined;
}

export interface StatusBoard {
  post(status: LogStatus): Promise<void>;
}

/** Time that passes. */
export interface Pacer extends Clock {
  /** Resolves after `ms`, or at once when stopped; never rejects. */
  sleep(ms: number, stop: AbortSignal): Promise<void>;
}

/** A log, or its peer, did what no sound one does. Shapes and meanings as in `contracts/ingest-events.ts`. */
export interface Suspicion {
  readonly peer: Peer;
  readonly suspicion: LogSuspect['suspicion'];
  /** Milliseconds since the epoch. */
  readonly observedAt: number;
  readonly evidence: LogSuspect['evidence'];
}

export interface Suspicions {
  raise(suspicion: Suspicion): Promise<void>;
}
