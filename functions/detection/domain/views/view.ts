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
  finish(parent: Source, disguise: Disguise): Source;
}

/** @param capacity an upper bound of the decoded text's length, in bytes */
export function createViewWriter(capacity: number): ViewWriter {
  const bytes = Buffer.allocUnsafe(capacity);
  const starts = new Int32Array(capacity);
  const ends = new Int32Array(capacity);
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
    finish: (parent, disguise) => ({
      entry: parent.entry,
      bytes: bytes.subarray(0, length),
      disguises: [...parent.disguises, disguise],
      placesOf: (start, end) => parent.placesOf(starts[start] ?? 0, ends[end - 1] ?? 0),
      isVerbatim: (start, end) => (ends[end - 1] ?? 0) - (starts[start] ?? 0) === end - start,
    }),
  };
}
