/** The part of hypercore 11 that is used here; the package carries no types. Source: its README and source. */
declare module 'hypercore' {
  import type { EventEmitter } from 'node:events';
  import type { Duplex } from 'node:stream';
  import type HypercoreStorage from 'hypercore-storage';

  namespace Hypercore {
    interface Options {
      readonly key?: Uint8Array;
      /** Milliseconds that a `get` waits for a peer; 0 is for ever. */
      readonly timeout?: number;
      /** Fewest and most requests in flight to one peer. */
      readonly inflightRange?: readonly [number, number];
      /** False: nothing is appended, also where the secret key is known. */
      readonly writable?: boolean;
      /** False: a log that is not there is an error. */
      readonly createIfMissing?: boolean;
    }

    interface ReplicateOptions {
      /** Called for each log, by its discovery key, that the peer offers and nobody here opened. */
      readonly ondiscoverykey?: (discoveryKey: Buffer) => void;
    }

    /** One connection to one peer, as the replicator sees it. */
    interface Peer {
      /** The peer proved that it knows the log's key. */
      readonly remoteOpened: boolean;
      /** The peer told the length and the fork that it has. */
      readonly remoteSynced: boolean;
      readonly remoteFork: number;
      readonly remoteLength: number;
    }

    interface Download {
      /** Resolves when all of the range is here. */
      done(): Promise<void>;
      destroy(): void;
    }

    /** The encrypted stream inside a replication stream. */
    interface NoiseStream {
      /** Destroys the stream when nothing, not even a keep-alive, came for so many milliseconds. */
      setTimeout(ms: number): void;
    }

    type ReplicationStream = Duplex & { readonly noiseStream: NoiseStream };
  }

  class Hypercore extends EventEmitter {
    constructor(storage: string | HypercoreStorage, options?: Hypercore.Options);
    constructor(storage: string | HypercoreStorage, key: Uint8Array, options?: Hypercore.Options);
    readonly key: Buffer;
    readonly discoveryKey: Buffer;
    /** Whether this opener knows the secret key and may append. */
    readonly writable: boolean;
    readonly length: number;
    readonly fork: number;
    /** Up to here no block is missing. */
    readonly contiguousLength: number;
    readonly peers: readonly Hypercore.Peer[];
    readonly closing: Promise<void> | null;
    /** What all openings of a log in this process share. */
    readonly core: {
      /** Notes down how much others have. */
      flushHints: () => Promise<void>;
    };
    ready(): Promise<void>;
    /** @returns the length and bytes of the log after it */
    append(blocks: readonly Uint8Array[]): Promise<{ length: number; byteLength: number }>;
    /** Cuts the log back; the fork grows by one. */
    truncate(newLength: number): Promise<void>;
    /** @throws HypercoreError REQUEST_TIMEOUT, SESSION_CLOSED, REQUEST_CANCELLED; `null` when the block was taken away */
    get(index: number, options?: { timeout?: number }): Promise<Buffer | null>;
    download(range: { start: number; end: number; linear?: boolean }): Hypercore.Download;
    /** Forgets the blocks `[start, end)` of this copy. */
    clear(start: number, end: number): Promise<unknown>;
    /** Hash over the roots of `[0, length)`, 32 bytes. */
    treeHash(length?: number): Promise<Buffer>;
    /** Joins a new stream, or one that is there. @returns the stream to pipe; the one that was given, if one was */
    replicate(isInitiator: boolean, options?: Hypercore.ReplicateOptions): Hypercore.ReplicationStream;
    replicate(stream: Duplex | Hypercore.ReplicationStream, options?: Hypercore.ReplicateOptions): Duplex;
    /** A stream that several logs may join. */
    static createProtocolStream(isInitiator: boolean): Hypercore.ReplicationStream;
    close(): Promise<void>;
  }

  export = Hypercore;
}

declare module 'hypercore-storage' {
  class HypercoreStorage {
    /**
     * @param options.allowBackup opens a directory that was copied from elsewhere
     * @param options.readOnly a point in time, beside a writer that goes on
     */
    constructor(directory: string, options?: { readonly allowBackup?: boolean; readonly readOnly?: boolean });
    /** Over what stands in for a database: {@link file://./memory-database.ts}. */
    constructor(database: object);
    ready(): Promise<void>;
    /** Every core of the store. */
    createCoreStream(): AsyncIterable<{ readonly discoveryKey: Buffer }>;
    /** What is known of a core's keys; `null` when it is not there. */
    getAuth(discoveryKey: Uint8Array): Promise<{ readonly key: Buffer } | null>;
    close(): Promise<void>;
  }

  export = HypercoreStorage;
}
