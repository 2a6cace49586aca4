import type { EntryBatch } from '../../../functions/contracts/ingest.ts';
import { readMessages } from '../../../functions/detection/adapters/entry-messages.ts';

/** What the detector gets out of a message; throws where it would refuse it. */
export function batchesIn(body: string): readonly EntryBatch[] {
  return readMessages({ Records: [{ messageId: 'm', body }] }).flatMap(({ batches }) => {
    if (!batches.ok) throw new Error(`The detector would refuse this message: ${batches.error}`);
    return batches.value;
  });
}
