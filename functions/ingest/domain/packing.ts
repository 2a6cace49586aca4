/**
 * Entries → the messages that carry them. Pure. Nothing is dropped, reordered or changed: joining the owned bytes of
 * every message gives the entries back, byte for byte.
 */
import { isUtf8 } from 'node:buffer';
import { brotliCompressSync, constants } from 'node:zlib';
import {
  MAX_MESSAGE_BYTES,
  SEGMENT_OVERLAP_BYTES,
  type CompressedEntryMessage,
  type EntryBatch,
  type EntryMessage,
  type ShippedEntry,
} from '../../contracts/ingest.ts';

/** Limits of one SendMessageBatch. Source: Amazon SQS quotas (a batch weighs at most 1 MiB in all since 2025). */
export const MAX_BATCH_MESSAGES = 10;
export const MAX_BATCH_BYTES = 1024 * 1024;

/** Entries of one log, in order, from `seqStart` up to and without `seqEnd`. */
export interface EntryRange {
  readonly core: string;
  readonly fork: number;
  readonly seqStart: number;
  readonly seqEnd: number;
  readonly entries: readonly Uint8Array[];
}

/** An {@link EntryMessage} as it goes on the wire. */
export interface PackedMessage {
  readonly body: string;
  /** Bytes of `body` in UTF-8, at most MAX_MESSAGE_BYTES. */
  readonly bytes: number;
  /** Bytes before compression. */
  readonly contentBytes: number;
  /** Which of the packed ranges it holds something of, by their index. */
  readonly ranges: readonly number[];
  /** The log, when all in it is of one: the group by which a fair queue keeps a busy log from delaying the others. */
  readonly group: string | undefined;
}

/** Sizes as parameters, so that a test can stand at every edge; production has one value of each. */
export interface PackingLimits {
  readonly messageBytes: number;
  readonly overlapBytes: number;
}

const PRODUCTION_LIMITS: PackingLimits = {
  messageBytes: MAX_MESSAGE_BYTES,
  overlapBytes: SEGMENT_OVERLAP_BYTES,
};

const LONGEST_NUMBER = Number.MAX_SAFE_INTEGER;
/** The envelope around `batches`. */
const MESSAGE_BYTES = JSON.stringify({ version: 2, batches: [] } satisfies EntryMessage).length;
/** A batch around its entries, with the longest numbers there can be and the comma before it. */
const BATCH_BYTES =
  JSON.stringify({
    core: '0'.repeat(64),
    fork: LONGEST_NUMBER,
    seqStart: LONGEST_NUMBER,
    seqEnd: LONGEST_NUMBER,
    shippedAt: LONGEST_NUMBER,
    entries: [],
  } satisfies EntryBatch).length + 1;
/** What a piece shares its message with at least. */
const ENVELOPE_BYTES = MESSAGE_BYTES + BATCH_BYTES;

/** A segment without its body. */
const SEGMENT_BYTES = JSON.stringify({
  seq: LONGEST_NUMBER,
  encoding: 'base64',
  body: '',
  segment: { offset: LONGEST_NUMBER, owned: LONGEST_NUMBER, total: LONGEST_NUMBER },
} satisfies ShippedEntry).length;

/** Anything that XML 1.0 (section 2.2, Char) does not allow, which SQS therefore refuses. */
const NOT_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;

/** A character of UTF-8 has at most three bytes behind its first. */
const MAX_CONTINUATION_BYTES = 3;

/** JSON doubles a quote, a backslash, a tab, a newline; it never makes more than two bytes of one that XML allows. */
const WORST_JSON_GROWTH = 2;

/**
 * Measured on the fleet's entries in 180 KiB: quality 1 gives 2.9 × net of base64 in 0.5 ms, quality 5 3.1 × in 3 ms,
 * gzip 2.7 × in 1.7 ms.
 */
const BROTLI_QUALITY = 1;
/** Below this the envelope eats what compression gains. */
const MIN_COMPRESSED_BYTES = 512;

interface Piece {
  readonly seq: number;
  readonly json: string;
  readonly bytes: number;
}

/** The pieces of one range that share a message. */
interface Section {
  readonly range: number;
  readonly pieces: Piece[];
}

/**
 * Packs ranges of entries, of one log or of several, into as few messages as order allows; one entry may span several.
 * @param shippedAt milliseconds since the epoch
 */
export function pack(
  ranges: readonly EntryRange[],
  shippedAt: number,
  limits: PackingLimits = PRODUCTION_LIMITS,
): readonly PackedMessage[] {
  const messages: PackedMessage[] = [];
  let sections: Section[] = [];
  let bytes = MESSAGE_BYTES;
  const flush = (): void => {
    if (sections.length > 0) messages.push(seal(ranges, sections, shippedAt));
    sections = [];
    bytes = MESSAGE_BYTES;
  };
  for (const [index, range] of ranges.entries()) {
    for (const [offset, entry] of range.entries.entries()) {
      for (const piece of piecesOf(range.seqStart + offset, entry, limits)) {
        // A comma before each piece, the first of a batch included, is a byte too many at most.
        const needed = piece.bytes + 1 + (sections.at(-1)?.range === index ? 0 : BATCH_BYTES);
        if (bytes + needed > limits.messageBytes) flush();
        const current = sections.at(-1);
        if (current?.range === index) {
          current.pieces.push(piece);
          bytes += piece.bytes + 1;
        } else {
          sections.push({ range: index, pieces: [piece] });
          bytes += piece.bytes + 1 + BATCH_BYTES;
        }
      }
    }
  }
  flush();
  return messages;
}

/** Joins pieces that are JSON already: serialising long bodies twice would be the packer's greatest cost. */
function seal(ranges: readonly EntryRange[], sections: readonly Section[], shippedAt: number): PackedMessage {
  const cores = new Set<string>();
  const batches = sections.flatMap(({ range: index, pieces }) => {
    const range = ranges[index];
    const first = pieces[0];
    const last = pieces.at(-1);
    if (range === undefined || first === undefined || last === undefined) return [];
    cores.add(range.core);
    const envelope = JSON.stringify({
      core: range.core,
      fork: range.fork,
      seqStart: first.seq,
      seqEnd: last.seq + 1,
      shippedAt,
      entries: [],
    } satisfies EntryBatch);
    return [`${envelope.slice(0, -2)}${pieces.map((piece) => piece.json).join(',')}]}`];
  });
  const content = `{"version":2,"batches":[${batches.join(',')}]}`;
  const contentBytes = Buffer.byteLength(content);
  const body = shorterOf(content, contentBytes);
  const [core] = cores;
  return {
    body,
    bytes: body === content ? contentBytes : body.length,
    contentBytes,
    ranges: sections.map(({ range }) => range),
    group: cores.size === 1 ? core : undefined,
  };
}

/** The content itself or, where that is shorter, compressed. */
function shorterOf(content: string, contentBytes: number): string {
  if (contentBytes < MIN_COMPRESSED_BYTES) return content;
  const compressed = brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: contentBytes,
    },
  });
  const body = JSON.stringify({
    version: 2,
    compression: 'br',
    bytes: contentBytes,
    data: compressed.toString('base64'),
  } satisfies CompressedEntryMessage);
  return body.length < contentBytes ? body : content;
}

function piecesOf(seq: number, entry: Uint8Array, limits: PackingLimits): readonly Piece[] {
  const bytes = Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength);
  const text = readableText(bytes);
  const encoding = text === undefined ? 'base64' : 'utf8';
  const whole = toPiece({ seq, encoding, body: text ?? bytes.toString('base64') });
  if (ENVELOPE_BYTES + whole.bytes + 1 <= limits.messageBytes) return [whole];
  return segments(bytes, encoding, limits).map(({ offset, owned, end }) =>
    toPiece({
      seq,
      encoding,
      body: bytes.toString(encoding, offset, end),
      segment: { offset, owned, total: bytes.length },
    }),
  );
}

function toPiece(entry: ShippedEntry): Piece {
  const json = JSON.stringify(entry);
  return { seq: entry.seq, json, bytes: Buffer.byteLength(json) };
}

/** The entry as text, if the text can travel as it is and turns into the same bytes again. */
function readableText(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return NOT_XML.test(text) ? undefined : text;
}

/**
 * Cuts a long entry into ranges that cover it without gap, each read on to `end`, at least the overlap beyond what it
 * owns unless the entry ends before. Text is cut between characters only.
 */
function segments(
  bytes: Buffer,
  encoding: ShippedEntry['encoding'],
  limits: PackingLimits,
): readonly { readonly offset: number; readonly owned: number; readonly end: number }[] {
  const room = limits.messageBytes - ENVELOPE_BYTES - SEGMENT_BYTES - 1;
  const readable = encoding === 'utf8' ? Math.floor(room / WORST_JSON_GROWTH) : Math.floor(room / 4) * 3;
  const owned = readable - limits.overlapBytes - 2 * MAX_CONTINUATION_BYTES;
  if (owned <= MAX_CONTINUATION_BYTES)
    throw new RangeError('A message must hold more than the overlap of a segment.');
  const cut = (at: number): number => (encoding === 'utf8' ? characterStart(bytes, at) : at);
  const result = [];
  for (let offset = 0; offset < bytes.length;) {
    const next = cut(Math.min(offset + owned, bytes.length));
    const end = cut(Math.min(next + limits.overlapBytes + MAX_CONTINUATION_BYTES, bytes.length));
    result.push({ offset, owned: next - offset, end });
    offset = next;
  }
  return result;
}

/** The start of the character that holds the byte at `at`: a continuation byte is 10xxxxxx (RFC 3629). */
function characterStart(bytes: Buffer, at: number): number {
  let start = at;
  while (start > 0 && ((bytes[start] ?? 0) & 0b1100_0000) === 0b1000_0000) start -= 1;
  return start;
}

/** Groups messages, in order, into what one SendMessageBatch takes. */
export function toBatches(messages: readonly PackedMessage[]): readonly (readonly PackedMessage[])[] {
  const batches: PackedMessage[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const batch = batches.at(-1);
    if (
      batch === undefined ||
      batch.length === MAX_BATCH_MESSAGES ||
      bytes + message.bytes > MAX_BATCH_BYTES
    ) {
      batches.push([message]);
      bytes = message.bytes;
    } else {
      batch.push(message);
      bytes += message.bytes;
    }
  }
  return batches;
}
