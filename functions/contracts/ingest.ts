/** Published by ingest, read by detection: entries of one log on their way through the queue. */
import { z } from 'zod';

/** What one queue message may weigh, in bytes of UTF-8. SQS allows 1 MiB; Lambda's 6 MB payload holds ten of these. */
export const MAX_MESSAGE_BYTES = 240 * 1024;

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

export const entryBatch = z.strictObject({
  version: z.literal(1),
  core: coreKey,
  fork: z.int().nonnegative(),
  /** First and one past the last position that this message covers. */
  seqStart: z.int().nonnegative(),
  seqEnd: z.int().positive(),
  /** When the shipper handed it to the queue, milliseconds since the epoch. */
  shippedAt: z.int().positive(),
  entries: z.array(shippedEntry).min(1),
});

export type ShippedEntry = z.infer<typeof shippedEntry>;
export type EntryBatch = z.infer<typeof entryBatch>;
