import {
  SEGMENT_OVERLAP_BYTES,
  type EntryBatch,
  type EntryMessage,
  type ShippedEntry,
} from '../../../functions/contracts/ingest.ts';

export const CORE = 'ab'.repeat(32);
export const NOW = Date.UTC(2026, 10, 21, 9);

export function batchOf(entries: readonly (string | Buffer)[], seqStart = 0): EntryBatch {
  const shipped = entries.map((entry, index): ShippedEntry =>
    typeof entry === 'string'
      ? { seq: seqStart + index, encoding: 'utf8', body: entry }
      : { seq: seqStart + index, encoding: 'base64', body: entry.toString('base64') },
  );
  return batchWith(shipped, seqStart);
}

/** One long entry, cut as the shipper cuts it. */
export function segmentsOf(entry: Buffer, owned: number): EntryBatch {
  const shipped: ShippedEntry[] = [];
  for (let offset = 0; offset < entry.length; offset += owned)
    shipped.push({
      seq: 0,
      encoding: 'base64',
      body: entry.subarray(offset, offset + owned + SEGMENT_OVERLAP_BYTES).toString('base64'),
      segment: { offset, owned: Math.min(owned, entry.length - offset), total: entry.length },
    });
  return batchWith(shipped, 0);
}

function batchWith(entries: ShippedEntry[], seqStart: number): EntryBatch {
  return {
    core: CORE,
    fork: 0,
    seqStart,
    seqEnd: seqStart + entries.length,
    shippedAt: NOW - 200,
    entries,
  };
}

export const messageOf = (...batches: EntryBatch[]): string =>
  JSON.stringify({ version: 2, batches } satisfies EntryMessage);

export const sqsEvent = (...bodies: readonly string[]): unknown => ({
  Records: bodies.map((body, index) => ({ messageId: `m${index}`, body })),
});
