/**
 * Offers the logs of a storage for replication, where their writer has no port of its own. The storage is only ever read,
 * a point in time after the other; what was read goes into a copy that knows the public key alone, and the copy is
 * what followers talk to. So no follower ever speaks to anything that could append, and the writer notices nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Hypercore from 'hypercore';
import { filesOf, keysIn, openSnapshot } from '../adapters/storage-snapshot.ts';

interface OfferOptions {
  readonly storage: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Of the logs, those that are offered; all if absent. Hex. */
  readonly keys?: readonly string[] | undefined;
  readonly say: (line: string) => void;
  /** How often the storage's files are looked at, in milliseconds. */
  readonly pollMs?: number;
}

export interface Offer {
  readonly port: number;
  close(): Promise<void>;
}

/** How long a copy may take to follow a truncation before it is made anew, in milliseconds. */
const FOLLOW_MS = 10_000;

/** @throws Error when the storage cannot be read, or the port cannot be had */
export async function offerStorage(options: OfferOptions): Promise<Offer> {
  const offering = new Offering(options);
  try {
    await offering.open();
    return offering;
  } catch (error) {
    await offering.close();
    throw error;
  }
}

interface Copy {
  readonly core: Hypercore;
  readonly directory: string;
}

class Offering implements Offer {
  port = 0;
  readonly #options: OfferOptions;
  readonly #server: Server;
  readonly #copies = new Map<string, Copy>();
  readonly #streams = new Map<Hypercore.ReplicationStream, Socket>();
  #files = '';
  #poll: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: OfferOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#welcome(socket));
  }

  async open(): Promise<void> {
    const { host, port } = this.#options;
    // Whoever connects before all is copied is served what there is, and the rest as it comes.
    for (const key of await this.#keys()) await this.#copyOf(key);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    const address = this.#server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : port;
    this.#lookLater(0);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#poll);
    this.#server.close();
    this.#dropAll();
    await this.#looking;
    for (const copy of this.#copies.values()) await remove(copy);
    this.#copies.clear();
  }

  async #keys(): Promise<readonly string[]> {
    const { storage, keys } = this.#options;
    const there = await keysIn(storage);
    const missing = keys?.filter((key) => !there.includes(key)) ?? [];
    if (missing.length > 0) this.#options.say(`not in the storage yet: ${missing.join(', ')}`);
    return keys === undefined ? there : there.filter((key) => keys.includes(key));
  }

  #lookLater(ms: number): void {
    this.#poll = setTimeout(() => {
      this.#looking = this.#look()
        .catch(() => {
          // The writer may be tidying up at this moment: the next look tells.
          this.#files = '';
        })
        .finally(() => {
          if (!this.#isClosed) this.#lookLater(this.#options.pollMs ?? 100);
        });
    }, ms);
  }

  async #look(): Promise<void> {
    const files = filesOf(this.#options.storage);
    if (files === this.#files) return;
    for (const key of await this.#keys()) await this.#bringUpToDate(key);
    this.#files = files;
  }

  async #bringUpToDate(key: string): Promise<void> {
    const copy = await this.#copyOf(key);
    const snapshot = await openSnapshot(this.#options.storage, key);
    try {
      if (!(await follow(copy.core, snapshot.core, () => this.#isClosed)) && !this.#isClosed) {
        this.#options.say(`${key} differs from what was offered: its copy is made anew`);
        this.#dropAll();
        this.#copies.delete(key);
        await remove(copy);
        this.#files = '';
      }
    } finally {
      await snapshot.close();
    }
  }

  async #copyOf(key: string): Promise<Copy> {
    const known = this.#copies.get(key);
    if (known !== undefined) return known;
    const directory = mkdtempSync(join(tmpdir(), `shhh-offer-${process.pid}-`));
    const core = new Hypercore(directory, Buffer.from(key, 'hex'));
    await core.ready();
    const copy = { core, directory };
    this.#copies.set(key, copy);
    for (const stream of this.#streams.keys()) core.replicate(stream);
    this.#options.say(`offering ${key}`);
    return copy;
  }

  #welcome(socket: Socket): void {
    const stream = Hypercore.createProtocolStream(false);
    this.#streams.set(stream, socket);
    const end = (): void => {
      this.#streams.delete(stream);
      socket.destroy();
      stream.destroy();
    };
    socket.on('error', end).on('close', end);
    stream.on('error', end).on('close', end);
    socket.setNoDelay(true);
    for (const { core } of this.#copies.values()) core.replicate(stream);
    socket.pipe(stream).pipe(socket);
  }

  #dropAll(): void {
    for (const socket of this.#streams.values()) socket.destroy();
  }
}

/**
 * Lets a copy take over what a log has, by hypercore's own replication within this process.
 * @returns false when it cannot: the log was rewritten under the same fork
 */
async function follow(copy: Hypercore, log: Hypercore, isStopped: () => boolean): Promise<boolean> {
  if (log.length === 0 && log.fork === copy.fork && copy.length === 0) return true;
  const [from, to] = [log.replicate(true), copy.replicate(false)];
  const ignore = (): void => undefined;
  from.on('error', ignore);
  to.on('error', ignore);
  from.pipe(to).pipe(from);
  try {
    const since = performance.now();
    while (copy.fork !== log.fork || copy.length !== log.length) {
      if (isStopped() || copy.closing !== null || performance.now() - since > FOLLOW_MS) return false;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const range = copy.download({ start: copy.contiguousLength, end: log.length });
    while (!isStopped() && copy.closing === null) {
      const isDone = await Promise.race([range.done().then(() => true), pause()]);
      if (isDone) break;
    }
    return copy.closing === null && (await copy.treeHash()).equals(await log.treeHash());
  } finally {
    from.destroy();
    to.destroy();
  }
}

/** Long enough not to matter, short enough to see that one is to stop. */
const pause = (): Promise<false> => new Promise((resolve) => setTimeout(() => resolve(false), 250));

async function remove({ core, directory }: Copy): Promise<void> {
  await core.close().catch(() => undefined);
  rmSync(directory, { recursive: true, force: true });
}
