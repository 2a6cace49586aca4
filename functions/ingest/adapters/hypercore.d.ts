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
    readonly length: number;
    readonly fork: number;
    readonly peers: readonly Hypercore.Peer[];
    readonly closing: Promise<void> | null;
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
    replicate(isInitiator: boolean): Hypercore.ReplicationStream;
    close(): Promise<void>;
  }

  export = Hypercore;
}

declare module 'hypercore-storage' {
  class HypercoreStorage {
    /** @param options.allowBackup opens a directory that was copied from elsewhere */
    constructor(directory: string, options?: { readonly allowBackup?: boolean });
    /** Over what stands in for a database: {@link file://./memory-database.ts}. */
    constructor(database: object);
  }

  export = HypercoreStorage;
}
