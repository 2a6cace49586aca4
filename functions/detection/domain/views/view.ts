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

/** Room for one text at a time, kept for the next: most are small, and many turn out to be nothing. */
const room = { bytes: Buffer.alloc(0), starts: new Int32Array(0), ends: new Int32Array(0) };

/**
 * One writer is in use at a time: the next one takes its room.
 * @param capacity an upper bound of the decoded text's length, in bytes
 */
export function createViewWriter(capacity: number): ViewWriter {
  if (room.bytes.length < capacity) {
    room.bytes = Buffer.allocUnsafe(2 * capacity);
    room.starts = new Int32Array(2 * capacity);
    room.ends = new Int32Array(2 * capacity);
  }
  const { bytes, starts, ends } = room;
  let length = 0;
  function put(byte: number, start: number, end: number): void {
    bytes[length] = byte;
    starts[length] = start;
    ends[length] = end;
    length += 1;
  }
  return {
    put,
    putCodePoint(codePoint, start, end) {
      if (codePoint < 0x80) put(codePoint, start, end);
      else for (const byte of Buffer.from(String.fromCodePoint(codePoint))) put(byte, start, end);
    },
    isEmpty: () => length === 0,
    isVerbatim: () => (ends[length - 1] ?? 0) - (starts[0] ?? 0) === length,
    finish(parent, disguise) {
      const first = starts.slice(0, length);
      const last = ends.slice(0, length);
      return {
        entry: parent.entry,
        bytes: Buffer.from(bytes.subarray(0, length)),
        disguises: [...parent.disguises, disguise],
        placesOf: (start, end) => parent.placesOf(first[start] ?? 0, last[end - 1] ?? 0),
        isVerbatim: (start, end) => (last[end - 1] ?? 0) - (first[start] ?? 0) === end - start,
      };
    },
  };
}
