/** The part of hyperswarm 4 and of hyperdht's test network that tests use; the packages carry no types. */
declare module 'hyperswarm' {
  import type { EventEmitter } from 'node:events';
  import type { Duplex } from 'node:stream';
  import type DHT from 'hyperdht';

  class Hyperswarm extends EventEmitter<{ connection: [Duplex] }> {
    constructor(options: { readonly dht: DHT });
    join(
      topic: Uint8Array,
      options: { readonly server: boolean; readonly client: boolean },
    ): { flushed(): Promise<void> };
    destroy(): Promise<void>;
  }

  export = Hyperswarm;
}

declare module 'hyperdht/testnet.js' {
  import type DHT from 'hyperdht';

  interface Testnet {
    readonly bootstrap: readonly { readonly host: string; readonly port: number }[];
    createNode(): DHT;
    destroy(): Promise<void>;
  }

  function createTestnet(size: number, options: { readonly host: string }): Promise<Testnet>;

  export = createTestnet;
}
