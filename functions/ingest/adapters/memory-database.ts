/**
 * What hypercore's storage asks of RocksDB, in memory. A replica lives as long as its connection: on disk each block
 * cost seven trips through the thread pool, which was most of the shipper's time, and a write buffer per log.
 *
 * Only what a replica needs is here: no snapshots, no files. What it does is what RocksDB does; a test compares them.
 */
import { Readable } from 'streamx';

/** Keys of one kind share their first bytes (kind, log, what of it): a range of blocks is then cleared among blocks alone. */
const SECTION_BYTES = 3;

interface Range {
  readonly gt?: Uint8Array | null;
  readonly gte?: Uint8Array | null;
  readonly lt?: Uint8Array | null;
  readonly lte?: Uint8Array | null;
  readonly reverse?: boolean;
  readonly limit?: number;
}

interface Item {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Keys as text of one byte a character: their order is that of the bytes. */
const textOf = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');

/**
 * A short value is kept as text: as a piece of a shared buffer it would keep all of that, for as long as the log's tree
 * lives. A block is cleared soon.
 */
type Value = string | Buffer;
const SHORT_BYTES = 256;

const keep = (value: Uint8Array): Value =>
  value.byteLength <= SHORT_BYTES
    ? textOf(value)
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
const bytesOf = (value: Value): Buffer => (typeof value === 'string' ? Buffer.from(value, 'latin1') : value);

class Table {
  /** Bytes of all keys and values. */
  bytes = 0;
  readonly #sections = new Map<string, Map<string, Value>>();

  get(key: Uint8Array): Buffer | null {
    const text = textOf(key);
    const value = this.#sections.get(text.slice(0, SECTION_BYTES))?.get(text);
    return value === undefined ? null : bytesOf(value);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    const text = textOf(key);
    const name = text.slice(0, SECTION_BYTES);
    let section = this.#sections.get(name);
    if (section === undefined) {
      section = new Map();
      this.#sections.set(name, section);
    }
    this.#drop(section, text);
    section.set(text, keep(value));
    this.bytes += text.length + value.byteLength;
  }

  delete(key: Uint8Array): void {
    const text = textOf(key);
    const section = this.#sections.get(text.slice(0, SECTION_BYTES));
    if (section !== undefined) this.#drop(section, text);
  }

  /** Deletes from `start` up to and without `end`. */
  deleteRange(start: Uint8Array, end: Uint8Array): void {
    const [from, to] = [textOf(start), textOf(end)];
    for (const section of this.#sectionsWithin(from, to))
      for (const key of section.keys()) if (key >= from && key < to) this.#drop(section, key);
  }

  #drop(section: Map<string, Value>, key: string): void {
    const value = section.get(key);
    if (value === undefined) return;
    this.bytes -= key.length + value.length;
    section.delete(key);
  }

  range({ gt, gte, lt, lte, reverse = false, limit = Infinity }: Range): Item[] {
    // An empty bound is none, as with RocksDB.
    const bound = (key: Uint8Array | null | undefined): string | undefined =>
      key === undefined || key === null || key.byteLength === 0 ? undefined : textOf(key);
    const [above, from, below, to] = [bound(gt), bound(gte), bound(lt), bound(lte)];
    const found: { key: string; value: Value }[] = [];
    for (const section of this.#sectionsWithin(from ?? above ?? '', below ?? to))
      for (const [key, value] of section)
        if (
          (above === undefined || key > above) &&
          (from === undefined || key >= from) &&
          (below === undefined || key < below) &&
          (to === undefined || key <= to)
        )
          found.push({ key, value });
    found.sort((a, b) => (a.key < b.key ? -1 : 1));
    if (reverse) found.reverse();
    return found
      .slice(0, limit < 0 ? undefined : limit)
      .map(({ key, value }) => ({ key: Buffer.from(key, 'latin1'), value: bytesOf(value) }));
  }

  /** Those that may hold a key between these, both included. */
  #sectionsWithin(from: string, to: string | undefined): Map<string, Value>[] {
    const [first, last] = [from.slice(0, SECTION_BYTES), to?.slice(0, SECTION_BYTES)];
    return [...this.#sections].flatMap(([name, section]) =>
      name >= first && (last === undefined || name <= last) ? [section] : [],
    );
  }
}

/** Reads answer at once: what is asked for between two turns of the event loop sees one state, as in a batch of RocksDB. */
class ReadBatch {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  get(key: Uint8Array): Promise<Buffer | null> {
    return Promise.resolve(this.#table.get(key));
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  tryFlush(): void {
    // Every read was answered already.
  }

  destroy(): void {
    // Nothing is held.
  }
}

/** Changes nothing before it is flushed, and then everything at once. */
class WriteBatch {
  readonly #table: Table;
  #changes: (() => void)[] = [];

  constructor(table: Table) {
    this.#table = table;
  }

  tryPut(key: Uint8Array, value: Uint8Array): void {
    this.#changes.push(() => this.#table.put(key, value));
  }

  tryDelete(key: Uint8Array): void {
    this.#changes.push(() => this.#table.delete(key));
  }

  tryDeleteRange(start: Uint8Array, end: Uint8Array): void {
    this.#changes.push(() => this.#table.deleteRange(start, end));
  }

  flush(): Promise<void> {
    this.tryFlush();
    return Promise.resolve();
  }

  tryFlush(): void {
    for (const change of this.#changes) change();
    this.#changes = [];
  }

  destroy(): void {
    this.#changes = [];
  }
}

/** Stands in for an instance of `rocksdb-native`, or for a session of one. */
export class MemoryDatabase {
  readonly opened = true;
  /** The storage derives a directory's name from it, and looks for a file there that a broken database would leave. */
  readonly path = '/nonexistent/db';
  /** What the storage looks at of an instance's inside. */
  readonly _snapshot = null;
  _index = 0;
  readonly _state: { closing: boolean };
  readonly #table: Table;

  constructor(state = { closing: false }, table = new Table()) {
    this._state = state;
    this.#table = table;
  }

  /** Of all keys and values, in bytes. */
  get bytes(): number {
    return this.#table.bytes;
  }

  get closed(): boolean {
    return this._index < 0 || this._state.closing;
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  /** Of several column families none has another's keys in hypercore's storage: it makes one. */
  columnFamily(): MemoryDatabase {
    return this.session();
  }

  session(): MemoryDatabase {
    return new MemoryDatabase(this._state, this.#table);
  }

  read(): ReadBatch {
    return new ReadBatch(this.#table);
  }

  write(): WriteBatch {
    return new WriteBatch(this.#table);
  }

  get(key: Uint8Array): Promise<Buffer | null> {
    return this.read().get(key);
  }

  iterator(range: Range, options: Range = {}): Readable {
    const items = this.#table.range({ ...range, ...options });
    let next = 0;
    return new Readable({
      read(done) {
        const item = items[next++];
        this.push(item ?? null);
        done(null);
      },
    });
  }

  peek(range: Range, options: Range = {}): Promise<Item | null> {
    return Promise.resolve(this.#table.range({ ...range, ...options, limit: 1 })[0] ?? null);
  }

  close(): Promise<void> {
    this._index = -1;
    return Promise.resolve();
  }
}

/** The databases of all replicas that live now. */
export class ReplicaMemory {
  readonly #most: number;
  readonly #open = new Set<MemoryDatabase>();

  /** @param most bytes of keys and values over all of them; what they take of the heap is about three times that */
  constructor(most: number) {
    this.#most = most;
  }

  /** To be given back to `forget`. */
  create(): MemoryDatabase {
    const database = new MemoryDatabase();
    this.#open.add(database);
    return database;
  }

  forget(database: MemoryDatabase): void {
    this.#open.delete(database);
  }

  /** Whether there is too much, and this one has its share of it: a log's tree only grows, a new replica starts without. */
  isSpent(database: MemoryDatabase): boolean {
    let total = 0;
    for (const { bytes } of this.#open) total += bytes;
    return total > this.#most && database.bytes >= total / this.#open.size;
  }
}
