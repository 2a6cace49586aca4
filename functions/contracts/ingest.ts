/** Published by ingest, read by detection: entries of one log on their way through the queue. */
import { z } from 'zod';

/**
 * What one queue message may hold, in bytes of UTF-8 before compression, and therefore weigh: whatever compression
 * does not shorten travels as it is. About 600 B entries become a third, which fills one 64 KiB chunk that SQS bills.
 */
export const MAX_MESSAGE_BYTES = 180 * 1024;

/**
 * A long entry travels in segments. Each carries this many bytes beyond its own range, so that a secret
 * across the border is whole in one of them; it is thereby also the longest secret that is found there.
 */
export const SEGMENT_OVERLAP_BYTES = 16 * 1024;

export const coreKey = z.string().regex(/^[0-9a-f]{64}$/, 'a core key is 64 lower-case hex digits');

/**
 * One entry, or one segment of a long one.
 * `body` is the text itself, or base64 where the bytes are no valid UTF-8 that XML allows.
 */
const shippedEntry = z.strictObject({
  seq: z.int().nonnegative(),
  encoding: z.enum(['utf8', 'base64']),
  body: z.string(),
  /** Only on a segment: `offset` and `owned` in bytes of the entry; a match belongs to the segment that owns its first byte. */
  segment: z
    .strictObject({ offset: z.int().nonnegative(), owned: z.int().positive(), total: z.int().positive() })
    .optional(),
});

/** Entries of one log, all of one fork. */
const entryBatch = z.strictObject({
  core: coreKey,
  fork: z.int().nonnegative(),
  /** First and one past the last position that it covers. */
  seqStart: z.int().nonnegative(),
  seqEnd: z.int().positive(),
  /** When the shipper handed it to the queue, milliseconds since the epoch. */
  shippedAt: z.int().positive(),
  entries: z.array(shippedEntry).min(1),
});

/** What a message holds: entries of one log or of several. */
export const entryMessage = z.strictObject({
  version: z.literal(2),
  batches: z.array(entryBatch).min(1),
});

/** An {@link entryMessage} that is shorter this way: its JSON, compressed by Brotli (RFC 7932), in base64. */
export const compressedEntryMessage = z.strictObject({
  version: z.literal(2),
  compression: z.literal('br'),
  /** Length of the JSON in bytes; a reader unpacks no more than this. */
  bytes: z.int().positive().max(MAX_MESSAGE_BYTES),
  data: z.base64(),
});

export type ShippedEntry = z.infer<typeof shippedEntry>;
export type EntryBatch = z.infer<typeof entryBatch>;
export type EntryMessage = z.infer<typeof entryMessage>;
export type CompressedEntryMessage = z.infer<typeof compressedEntryMessage>;
