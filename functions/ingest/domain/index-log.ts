/** A log whose entries list the keys of other logs, which the same address offers. Pure. */
import { z } from 'zod';
import { coreKey } from '../../contracts/ingest.ts';
import type { LogWindow, Peer } from './ports.ts';

/** Beyond this position an index is not believed: whoever may write to it could register logs without end. */
const MAX_INDEX_ENTRIES = 10_000;

/** An entry of an index: `{"type":"core","key":"<64 hex digits>","name":"what people call it"}`; others are passed over. */
const listing = z.object({
  type: z.literal('core'),
  key: coreKey,
  name: z.string().min(1).max(200).optional(),
});

/** The logs that a window of an index lists, each at the index's own address. */
export function listedIn(window: LogWindow, { core, name: _, isIndex: __, ...place }: Peer): readonly Peer[] {
  return window.entries.flatMap((entry, offset) => {
    if (window.seqStart + offset >= MAX_INDEX_ENTRIES) return [];
    const parsed = listing.safeParse(jsonOf(entry));
    // An index that lists itself is followed already.
    if (!parsed.success || parsed.data.key === core) return [];
    const { key, name } = parsed.data;
    return [{ ...place, core: key, ...(name !== undefined && { name }) }];
  });
}

function jsonOf(entry: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(entry.buffer, entry.byteOffset, entry.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}
