import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_MESSAGE_BYTES, SEGMENT_OVERLAP_BYTES } from '../../../functions/contracts/ingest.ts';
import {
  MAX_BATCH_BYTES,
  MAX_BATCH_MESSAGES,
  pack,
  toBatches,
  type PackedMessage,
  type PackingLimits,
} from '../../../functions/ingest/domain/packing.ts';
import { createEntries } from '../../support/fleet/entries.ts';
import { createRandom } from '../../support/fleet/random.ts';
import { batchesIn } from '../../support/ingest/read-message.ts';

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
const piecesOf = (message: PackedMessage) => batchesIn(message.body).flatMap((batch) => batch.entries);

/** The entries that a reader gets, by position: the bytes that each piece owns, joined. */
function reassemble(messages: readonly PackedMessage[]): Map<number, Buffer> {
  const entries = new Map<number, Buffer>();
  for (const { seq, encoding, body, segment } of messages.flatMap(piecesOf)) {
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
        const messages = pack([range(all, seqStart)], 1_790_000_000_000, SMALL);
        expect([...reassemble(messages).entries()]).toEqual(
          all.map((entry, index) => [seqStart + index, entry]),
        );
        for (const message of messages) {
          expect(message.bytes).toBe(Buffer.byteLength(message.body));
          expect(message.bytes).toBeLessThanOrEqual(message.contentBytes);
          expect(message.contentBytes).toBeLessThanOrEqual(SMALL.messageBytes);
        }
      }),
    );
  });

  test('says truly which positions a message covers', () => {
    fc.assert(
      fc.property(entries, (all) => {
        for (const batch of pack([range(all, 7)], 1, SMALL).flatMap(({ body }) => batchesIn(body))) {
          const positions = batch.entries.map(({ seq }) => seq);
          expect([batch.seqStart, batch.seqEnd]).toEqual([
            Math.min(...positions),
            Math.max(...positions) + 1,
          ]);
        }
      }),
    );
  });

  test('lets every segment read on beyond what it owns, so that no secret is cut in two', () => {
    fc.assert(
      fc.property(fc.oneof(growing, bytes), (entry) => {
        for (const piece of pack([range([entry])], 1, SMALL).flatMap(piecesOf)) {
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
    const messages = pack([range(Array.from({ length: 40 }, () => entry))], 1, SMALL);
    const weight =
      Buffer.byteLength(JSON.stringify({ seq: 39, encoding: 'utf8', body: entry.toString() })) + 1;
    for (const { contentBytes } of messages.slice(0, -1)) {
      // The envelope is reckoned with the longest numbers, so a message may be a few bytes short of full.
      expect(contentBytes + weight + 64).toBeGreaterThan(SMALL.messageBytes);
    }
  });

  test('keeps the production limit at its very edge', () => {
    const edge = Array.from({ length: 80 }, (_, index) => MAX_MESSAGE_BYTES - 320 + index * 4);
    for (const size of edge) {
      const entry = Buffer.alloc(size, 'a');
      const messages = pack([range([entry])], 1_790_000_000_000);
      expect(Math.max(...messages.map((message) => message.bytes))).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
      expect(reassemble(messages).get(0)?.equals(entry)).toBe(true);
    }
  });

  test('cuts a mebibyte of quotes, which JSON doubles, and of bytes, which base64 lengthens', () => {
    for (const entry of [Buffer.alloc(1024 * 1024, '"'), Buffer.alloc(1024 * 1024, 0xff)]) {
      const messages = pack([range([entry])], 1);
      expect(messages.length).toBeGreaterThan(4);
      expect(reassemble(messages).get(0)?.equals(entry)).toBe(true);
      expect(messages.flatMap(piecesOf)[0]?.segment?.owned).toBeGreaterThan(4 * SEGMENT_OVERLAP_BYTES);
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
    const [piece] = pack([range([entry])], 1).flatMap(piecesOf);
    expect(piece?.encoding).toBe(encoding);
    expect(Buffer.from(piece?.body ?? '', encoding)).toEqual(entry);
  });

  test('carries the largest entry that hypercore replicates', () => {
    // 15 MB is hypercore's own bound on a block.
    const entry = randomBytes(15 * 1024 * 1024);
    const messages = pack([range([entry])], 1);
    expect(Math.max(...messages.map(({ bytes: weight }) => weight))).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    let next = 0;
    for (const { body, segment } of messages.flatMap(piecesOf)) {
      expect(segment?.offset).toBe(next);
      const carried = Buffer.from(body, 'base64');
      expect(carried.equals(entry.subarray(next, next + carried.length))).toBe(true);
      next += segment?.owned ?? 0;
    }
    expect(next).toBe(entry.length);
  });

  test('makes what the fleet writes less than half as heavy, net of base64', () => {
    const written = createEntries(createRandom(1));
    const packed = pack(
      [range(Array.from({ length: 500 }, (_, seq) => written.next(seq, 1_790_000_000_000 + seq)))],
      1,
    );
    const sum = (of: (message: PackedMessage) => number) =>
      packed.reduce((total, each) => total + of(each), 0);
    expect(sum(({ contentBytes }) => contentBytes) / sum(({ bytes: weight }) => weight)).toBeGreaterThan(2.4);
  });

  test('puts several logs into one message and keeps them apart', () => {
    const log = fc.record({ core: fc.constantFrom('aa', 'bb', 'cc', 'dd'), entries });
    fc.assert(
      fc.property(fc.uniqueArray(log, { maxLength: 4, selector: ({ core }) => core }), (logs) => {
        const ranges = logs.map(({ core, entries: all }, index) => ({
          ...range(all, index),
          core: core.repeat(32),
        }));
        const messages = pack(ranges, 1, SMALL);
        for (const each of ranges) {
          const own = messages
            .flatMap(({ body }) => batchesIn(body))
            .filter(({ core }) => core === each.core);
          const seen = new Map<number, Buffer>();
          for (const { seq, encoding, body, segment } of own.flatMap((batch) => batch.entries)) {
            const owned = Buffer.from(body, encoding).subarray(0, segment?.owned);
            seen.set(seq, Buffer.concat([seen.get(seq) ?? Buffer.alloc(0), owned]));
          }
          expect([...seen]).toEqual(each.entries.map((entry, index) => [each.seqStart + index, entry]));
        }
        for (const message of messages) {
          const cores = batchesIn(message.body).map(({ core }) => core);
          expect(message.ranges.map((index) => ranges[index]?.core)).toEqual(cores);
          expect(message.group).toBe(cores.length === 1 ? cores[0] : undefined);
        }
      }),
    );
  });

  test('refuses limits under which a segment could own nothing', () => {
    expect(() => pack([range([Buffer.alloc(5_000)])], 1, { messageBytes: 400, overlapBytes: 200 })).toThrow(
      RangeError,
    );
  });
});

describe('batches for the queue', () => {
  const message = (size: number): PackedMessage => ({
    body: '',
    bytes: size,
    contentBytes: size,
    ranges: [0],
    group: undefined,
  });

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
