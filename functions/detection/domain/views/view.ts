/** Text that stands in another text in some encoded or disguised form, and where each of its bytes stands there. */

/** How a secret may hide. The first five are encodings, the others tricks. */
export const DISGUISES = [
  'escapes',
  'percent',
  'entities',
  'base64',
  'hex',
  'lookalikes',
  'separators',
  'concatenation',
  'case',
  'split',
] as const;
export type Disguise = (typeof DISGUISES)[number];

/** A span of one entry of the batch, in bytes. */
export interface Place {
  readonly entry: number;
  readonly offset: number;
  readonly length: number;
}

/** A text to look into: an entry, or what was decoded from one. */
export interface Source {
  readonly entry: number;
  readonly bytes: Buffer;
  /** What was undone to get here, outermost first; nothing for an entry itself. */
  readonly disguises: readonly Disguise[];
  /** The least span of the entry, or of both entries of a split secret, that holds all of these bytes. */
  placesOf(start: number, end: number): readonly Place[];
  /** Whether these bytes stand in the text that this one was decoded from just as they are. */
  isVerbatim(start: number, end: number): boolean;
}

export function sourceOfEntry(entry: number, bytes: Buffer): Source {
  return {
    entry,
    bytes,
    disguises: [],
    placesOf: (start, end) => [{ entry, offset: start, length: end - start }],
    isVerbatim: () => false,
  };
}

/** Collects a decoded text byte by byte, each with the span of the encoded text that it comes from. */
export interface ViewWriter {
  put(byte: number, start: number, end: number): void;
  /** One code point as UTF-8. */
  putCodePoint(codePoint: number, start: number, end: number): void;
  isEmpty(): boolean;
  /** Whether every byte so far stands in the encoded text just as it is, next to the one before. */
  isVerbatim(): boolean;
  finish(parent: Source, disguise: Disguise): Source;
}

/**
 * Where the bytes of all views come from. Views last as long as the scan that made them, so the next one writes over this:
 * memory that is asked for anew costs more than what is written into it. 8 MB; what does not fit has memory of its own.
 */
const ARENA = 2 * 1024 * 1024;
let arena = new Int32Array(64 * 1024);
let used = 0;

/** Ends the life of all views: what they say of places is no longer true. */
export function releaseViews(): void {
  used = 0;
}

/** Where there is room for so many numbers, and from which on. */
function roomFor(size: number): { readonly spans: Int32Array; readonly first: number } {
  if (used + size > arena.length) {
    if (size > ARENA / 4) return { spans: new Int32Array(size), first: 0 };
    // Views that have a part of the smaller one keep it.
    arena = new Int32Array(Math.min(ARENA, Math.max(2 * arena.length, size)));
    used = 0;
  }
  const first = used;
  used += size;
  return { spans: arena, first };
}

/** A text that was decoded from another. */
class View implements Source {
  readonly entry: number;
  readonly bytes: Buffer;
  readonly disguises: readonly Disguise[];
  private readonly parent: Source;
  /** For each byte, where the span that it comes from starts and ends; from `first` on. */
  private readonly spans: Int32Array;
  private readonly first: number;

  constructor(parent: Source, disguise: Disguise, bytes: Buffer, spans: Int32Array, first: number) {
    this.entry = parent.entry;
    this.bytes = bytes;
    this.disguises = [...parent.disguises, disguise];
    this.parent = parent;
    this.spans = spans;
    this.first = first;
  }

  placesOf(start: number, end: number): readonly Place[] {
    const { spans, first } = this;
    return this.parent.placesOf(spans[first + 2 * start] ?? 0, spans[first + 2 * end - 1] ?? 0);
  }

  isVerbatim(start: number, end: number): boolean {
    return reach(this.spans, this.first, start, end) === end - start;
  }
}

/** Room for one text at a time, kept for the next: most are small, and many turn out to be nothing. */
class Writer implements ViewWriter {
  private bytes = Buffer.alloc(0);
  private spans = new Int32Array(0);
  private length = 0;

  begin(capacity: number): void {
    this.length = 0;
    if (this.bytes.length >= capacity) return;
    this.bytes = Buffer.allocUnsafe(2 * capacity);
    this.spans = new Int32Array(4 * capacity);
  }

  put(byte: number, start: number, end: number): void {
    const { length, spans } = this;
    this.bytes[length] = byte;
    spans[2 * length] = start;
    spans[2 * length + 1] = end;
    this.length = length + 1;
  }

  putCodePoint(codePoint: number, start: number, end: number): void {
    if (codePoint < 0x80) this.put(codePoint, start, end);
    else for (const byte of Buffer.from(String.fromCodePoint(codePoint))) this.put(byte, start, end);
  }

  isEmpty(): boolean {
    return this.length === 0;
  }

  isVerbatim(): boolean {
    return reach(this.spans, 0, 0, this.length) === this.length;
  }

  finish(parent: Source, disguise: Disguise): Source {
    const { length, spans } = this;
    const text = Buffer.allocUnsafe(length);
    this.bytes.copy(text, 0, 0, length);
    const { spans: kept, first } = roomFor(2 * length);
    if (length < FEW) for (let at = 0; at < 2 * length; at += 1) kept[first + at] = spans[at] ?? 0;
    else kept.set(spans.subarray(0, 2 * length), first);
    return new View(parent, disguise, text, kept, first);
  }
}

const writer = new Writer();
/** So few are sooner copied one by one. */
const FEW = 256;

/**
 * One writer is in use at a time: the next one takes its room.
 * @param capacity an upper bound of the decoded text's length, in bytes
 */
export function createViewWriter(capacity: number): ViewWriter {
  writer.begin(capacity);
  return writer;
}

/** How many bytes of the encoded text some of the decoded one take up. */
const reach = (spans: Int32Array, first: number, start: number, end: number): number =>
  (spans[first + 2 * end - 1] ?? 0) - (spans[first + 2 * start] ?? 0);
