import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  entryBatch,
  MAX_MESSAGE_BYTES,
  SEGMENT_OVERLAP_BYTES,
  type EntryBatch,
} from '../../../functions/contracts/ingest.ts';
import {
  MAX_BATCH_BYTES,
  MAX_BATCH_MESSAGES,
  pack,
  toBatches,
  type PackedMessage,
  type PackingLimits,
} from '../../../functions/ingest/domain/packing.ts';

const CORE = 'c0'.repeat(32);
/** Small enough that a property meets every edge, and more than an envelope. */
const SMALL: PackingLimits = { messageBytes: 1_000, overlapBytes: 40 };

const range = (entries: readonly Uint8Array[], seqStart = 0) => ({
  core: CORE,
  fork: 3,
  seqStart,
  seqEnd: seqStart + entries.length,
  entries,
});
const parse = ({ body }: PackedMessage): EntryBatch => entryBatch.parse(JSON.parse(body));

/** The entries that a reader gets, by position: the bytes that each piece owns, joined. */
function reassemble(messages: readonly PackedMessage[]): Map<number, Buffer> {
  const entries = new Map<number, Buffer>();
  for (const { seq, encoding, body, segment } of messages.flatMap((message) => parse(message).entries)) {
    const bytes = Buffer.from(body, encoding);
    const before = entries.get(seq) ?? Buffer.alloc(0);
    expect(segment?.offset ?? 0).toBe(before.length);
    entries.set(seq, Buffer.concat([before, bytes.subarray(0, segment?.owned)]));
  }
  return entries;
}

const text = fc.string({ unit: 'binary', maxLength: 900 }).map((value) => Buffer.from(value));
const growing = fc
  .string({ unit: fc.constantFrom('"', '\\', '\n', '\t', 'a', 'ß', '漢', '😀'), maxLength: 2_500 })
  .map((value) => Buffer.from(value));
const bytes = fc.uint8Array({ maxLength: 3_000 }).map((value) => Buffer.from(value));
const entries = fc.array(fc.oneof(text, growing, bytes), { maxLength: 12 });

describe('packing', () => {
  test('gives every entry back, byte for byte, in order and within the limit', () => {
    fc.assert(
      fc.property(entries, fc.nat(2 ** 40), (all, seqStart) => {
        const messages = pack(range(all, seqStart), 1_790_000_000_000, SMALL);
        expect([...reassemble(messages).entries()]).toEqual(
          all.map((entry, index) => [seqStart + index, entry]),
        );
        for (const message of messages) {
          expect(message.bytes).toBe(Buffer.byteLength(message.body));
          expect(message.bytes).toBeLessThanOrEqual(SMALL.messageBytes);
        }
      }),
    );
  });

  test('says truly which positions a message covers', () => {
    fc.assert(
      fc.property(entries, (all) => {
        for (const message of pack(range(all, 7), 1, SMALL)) {
          const batch = parse(message);
          const positions = batch.entries.map(({ seq }) => seq);
          expect([batch.seqStart, batch.seqEnd]).toEqual([
            Math.min(...positions),
            Math.max(...positions) + 1,
          ]);
          expect([message.seqStart, message.seqEnd]).toEqual([batch.seqStart, batch.seqEnd]);
        }
      }),
    );
  });

  test('lets every segment read on beyond what it owns, so that no secret is cut in two', () => {
    fc.assert(
      fc.property(fc.oneof(growing, bytes), (entry) => {
        for (const piece of pack(range([entry]), 1, SMALL).flatMap((message) => parse(message).entries)) {
          if (piece.segment === undefined) continue;
          const { offset, owned, total } = piece.segment;
          const carried = Buffer.from(piece.body, piece.encoding);
          expect(carried.equals(entry.subarray(offset, offset + carried.length))).toBe(true);
          expect(offset + carried.length).toBeGreaterThanOrEqual(
            Math.min(total, offset + owned + SMALL.overlapBytes),
          );
        }
      }),
    );
  });

  test('starts a new message only when the next piece does not fit', () => {
    const entry = Buffer.from('x'.repeat(100));
    const messages = pack(range(Array.from({ length: 40 }, () => entry)), 1, SMALL).map(parse);
    const weight =
      Buffer.byteLength(JSON.stringify({ seq: 39, encoding: 'utf8', body: entry.toString() })) + 1;
    for (const batch of messages.slice(0, -1)) {
      // The envelope is reckoned with the longest numbers, so a message may be a few bytes short of full.
      expect(Buffer.byteLength(JSON.stringify(batch)) + weight + 64).toBeGreaterThan(SMALL.messageBytes);
    }
  });

  test('keeps the production limit at its very edge', () => {
    const edge = Array.from({ length: 80 }, (_, index) => MAX_MESSAGE_BYTES - 320 + index * 4);
    for (const size of edge) {
      const entry = Buffer.alloc(size, 'a');
      const messages = pack(range([entry]), 1_790_000_000_000);
      expect(Math.max(...messages.map((message) => message.bytes))).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
      expect(reassemble(messages).get(0)?.equals(entry)).toBe(true);
    }
  });

  test('cuts a mebibyte of quotes, which JSON doubles, and of bytes, which base64 lengthens', () => {
    for (const entry of [Buffer.alloc(1024 * 1024, '"'), Buffer.alloc(1024 * 1024, 0xff)]) {
      const messages = pack(range([entry]), 1);
      expect(messages.length).toBeGreaterThan(4);
      expect(reassemble(messages).get(0)?.equals(entry)).toBe(true);
      expect(
        parse(messages[0] ?? { body: '', bytes: 0, seqStart: 0, seqEnd: 0 }).entries[0]?.segment?.owned,
      ).toBeGreaterThan(4 * SEGMENT_OVERLAP_BYTES);
    }
  });

  test.each([
    ['plain text', Buffer.from('{"a":"ä 漢 😀"}'), 'utf8'],
    ['tab, newline and carriage return', Buffer.from('\t\r\n'), 'utf8'],
    ['nothing', Buffer.alloc(0), 'utf8'],
    ['a byte order mark', Buffer.from('\ufeffa'), 'utf8'],
    ['a control character', Buffer.from('a\u0007'), 'base64'],
    ['a NUL', Buffer.from('\0'), 'base64'],
    ['U+FFFE', Buffer.from('\ufffe'), 'base64'],
    ['U+FFFF', Buffer.from('\uffff'), 'base64'],
    ['a broken sequence', Buffer.from([0x61, 0xc3]), 'base64'],
    ['a surrogate in UTF-8', Buffer.from([0xed, 0xa0, 0x80]), 'base64'],
  ] as const)('sends %s as it can travel through SQS unchanged', (_, entry, encoding) => {
    const [piece] = pack(range([entry]), 1).flatMap((message) => parse(message).entries);
    expect(piece?.encoding).toBe(encoding);
    expect(Buffer.from(piece?.body ?? '', encoding)).toEqual(entry);
  });

  test('refuses limits under which a segment could own nothing', () => {
    expect(() => pack(range([Buffer.alloc(5_000)]), 1, { messageBytes: 400, overlapBytes: 200 })).toThrow(
      RangeError,
    );
  });
});

describe('batches for the queue', () => {
  const message = (size: number): PackedMessage => ({ body: '', bytes: size, seqStart: 0, seqEnd: 1 });

  test('keep order, and stay within ten messages and one mebibyte', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: MAX_BATCH_BYTES }).map(message)), (messages) => {
        const batches = toBatches(messages);
        expect(batches.flat()).toEqual(messages);
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(MAX_BATCH_MESSAGES);
          expect(batch.reduce((sum, { bytes: weight }) => sum + weight, 0)).toBeLessThanOrEqual(
            MAX_BATCH_BYTES,
          );
        }
      }),
    );
  });

  test('are filled to both limits and no further', () => {
    expect(toBatches(Array.from({ length: 11 }, () => message(1))).map((batch) => batch.length)).toEqual([
      10, 1,
    ]);
    const quarter = message(MAX_BATCH_BYTES / 4);
    expect(toBatches([quarter, quarter, quarter, quarter, message(1)]).map((batch) => batch.length)).toEqual([
      4, 1,
    ]);
  });
});
