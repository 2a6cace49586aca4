import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { MAX_MESSAGE_BYTES } from '../../../functions/contracts/ingest.ts';
import { pack, toBatches } from '../../../functions/ingest/domain/packing.ts';
import type { EntryQueue } from '../../../functions/ingest/domain/ports.ts';
import { batchesIn } from './read-message.ts';

export interface QueueUnderTest {
  readonly queue: EntryQueue;
  /** The bodies that wait in it, in any order; at least `count` of them. */
  readonly received: (count: number) => Promise<readonly string[]>;
}

/** What every entry queue holds. @param create makes an empty one */
export function entryQueueContract(create: () => Promise<QueueUnderTest>): void {
  describe('an entry queue', () => {
    const packed = (...entries: readonly Buffer[]) =>
      pack(
        [{ core: 'ab'.repeat(32), fork: 0, seqStart: 0, seqEnd: entries.length, entries }],
        1_790_000_000_000,
      );

    test('takes a batch and answers for each of its messages', async () => {
      const { queue, received } = await create();
      const messages = Array.from({ length: 10 }, (_, seq) =>
        packed(Buffer.from(`entry ${String(seq)}`)),
      ).flat();
      expect(await queue.send(messages)).toEqual(messages.map(() => ({ accepted: true })));
      expect([...(await received(10))].sort()).toEqual(messages.map(({ body }) => body).sort());
    });

    test('takes a batch and a message as large as there are', async () => {
      const { queue, received } = await create();
      const [batch = []] = toBatches(packed(randomBytes(1_500_000)));
      expect(Math.max(...batch.map(({ bytes }) => bytes))).toBeGreaterThan(MAX_MESSAGE_BYTES - 4_096);
      expect(await queue.send(batch)).toEqual(batch.map(() => ({ accepted: true })));
      expect(await received(batch.length)).toHaveLength(batch.length);
    });

    test.each([
      [
        'every character that XML allows',
        Buffer.from('\t\n\r \u007f\u0085\u2028\ud7ff\ue000\ufffd😀 <&"\'>]]>'),
      ],
      ['a NUL', Buffer.from('a\0b')],
      ['a noncharacter', Buffer.from('a\uffffb')],
      ['bytes that are no text', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
      ['nothing', Buffer.alloc(0)],
    ])('carries %s unchanged', async (_, entry) => {
      const { queue, received } = await create();
      await queue.send(packed(entry));
      const [body = ''] = await received(1);
      const [piece] = batchesIn(body).flatMap((batch) => batch.entries);
      expect(Buffer.from(piece?.body ?? 'none', piece?.encoding)).toEqual(entry);
    });
  });
}
