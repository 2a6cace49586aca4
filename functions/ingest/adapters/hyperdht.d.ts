/** The part of hyperdht 6 that is used here; the package carries no types. Source: its README and source. */
declare module 'hyperdht' {
  import type { Duplex } from 'node:stream';

  namespace DHT {
    interface KeyPair {
      readonly publicKey: Buffer;
      readonly secretKey: Buffer;
    }

    interface Options {
      /** Nodes to begin with; the public ones by default. */
      readonly bootstrap?: readonly { readonly host: string; readonly port: number }[] | undefined;
      readonly host?: string;
      /** True: asks the network and keeps nothing for others. */
      readonly ephemeral?: boolean;
    }

    /** An encrypted stream, proved to lead to the holder of the public key. */
    type Connection = Duplex & {
      readonly remotePublicKey: Buffer | null;
      setTimeout(ms: number): void;
    };

    /** Who announced a topic, as one node of the network tells it. */
    interface LookupAnswer {
      readonly peers: readonly { readonly publicKey: Buffer }[];
    }
  }

  class DHT {
    constructor(options?: DHT.Options);
    static keyPair(): DHT.KeyPair;
    fullyBootstrapped(): Promise<void>;
    lookup(topic: Uint8Array): AsyncIterable<DHT.LookupAnswer> & { destroy(): void };
    connect(publicKey: Uint8Array, options?: { readonly keyPair?: DHT.KeyPair }): DHT.Connection;
    destroy(options?: { readonly force?: boolean }): Promise<void>;
  }

  export = DHT;
}
