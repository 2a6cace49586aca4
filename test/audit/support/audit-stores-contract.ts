import { beforeEach, describe, expect, test } from 'vitest';
import { EMPTY_LOG } from '../../../functions/audit/domain/grow-log.ts';
import type { LogStore, Outbox, SequenceStore } from '../../../functions/audit/domain/sequence.ts';
import type { Inbox } from '../../../functions/audit/domain/take-in.ts';
import { anEvent } from './event-builder.ts';

/** What every outbox holds. */
export function outboxContract(create: () => Promise<Outbox & Inbox>): void {
  describe('outbox', () => {
    let outbox: Outbox & Inbox;
    const waiting = async (most = 1000) => (await outbox.pending(most)).map(({ id }) => id);
    beforeEach(async () => {
      outbox = await create();
    });

    test('hands out what waits, oldest first, as it was handed in', async () => {
      const event = anEvent({ id: 'b', data: { text: '\u0000\u{1F916}', list: [1, null, { deep: true }] } });
      await outbox.put(event);
      await outbox.put(anEvent({ id: 'a' }));
      expect(await outbox.pending(10)).toEqual([
        { id: 'b', event: { ok: true, value: event } },
        { id: 'a', event: { ok: true, value: anEvent({ id: 'a' }) } },
      ]);
      expect(await waiting(1)).toEqual(['b']);
    });

    test('knows an act that was handed in before, also when it was taken in or refused', async () => {
      expect(await outbox.put(anEvent({ id: 'a' }))).toBe('taken');
      expect(await outbox.put(anEvent({ id: 'a' }))).toBe('known');
      await outbox.settle([{ id: 'a', seq: 0 }]);
      expect(await outbox.put(anEvent({ id: 'a' }))).toBe('known');
      await outbox.put(anEvent({ id: 'b' }));
      await outbox.refuse('b', 'why');
      expect(await outbox.put(anEvent({ id: 'b' }))).toBe('known');
      expect(await waiting()).toEqual([]);
    });

    test('settles again without harm', async () => {
      const ids = Array.from({ length: 230 }, (_, at) => `act-${at}`);
      await Promise.all(ids.map((id) => outbox.put(anEvent({ id }))));
      expect((await waiting()).toSorted()).toEqual(ids.toSorted());
      const taken = ids.slice(0, 200).map((id, seq) => ({ id, seq }));
      await outbox.settle(taken);
      await outbox.settle(taken);
      expect((await waiting()).toSorted()).toEqual(ids.slice(200).toSorted());
    });
  });
}

/** What every head under a compare-and-set holds. */
export function sequenceContract(create: () => Promise<SequenceStore>): void {
  describe('head', () => {
    let sequence: SequenceStore;
    const batch = { staged: 'ab', head: { size: 3, root: Buffer.alloc(32, 7), lastHash: 'f'.repeat(64) } };
    beforeEach(async () => {
      sequence = await create();
    });

    test('begins with the empty log', async () => {
      expect(await sequence.read()).toEqual({ version: 0, published: EMPTY_LOG });
    });

    test('is what was set, and is set only by who saw the one before', async () => {
      const decided = { version: 1, published: EMPTY_LOG, batch };
      expect(await sequence.compareAndSet({ ...decided, version: 2 })).toBe(false);
      expect(await sequence.compareAndSet(decided)).toBe(true);
      expect(await sequence.compareAndSet(decided)).toBe(false);
      expect(await sequence.read()).toEqual(decided);
      const settled = { version: 2, published: batch.head };
      expect(await sequence.compareAndSet(settled)).toBe(true);
      expect(await sequence.read()).toEqual(settled);
    });

    test('of many who set it at once, one does', async () => {
      const tries = Array.from({ length: 8 }, (_, at) =>
        sequence.compareAndSet({ version: 1, published: EMPTY_LOG, batch: { ...batch, staged: `by ${at}` } }),
      );
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
    });
  });
}

/** What every place for a log holds. */
export function logStoreContract(create: () => Promise<LogStore>): void {
  describe('log', () => {
    let log: LogStore;
    const bytes = (text: string) => Buffer.from(text);
    const text = (read: Uint8Array | undefined) => read && Buffer.from(read).toString();
    beforeEach(async () => {
      log = await create();
    });

    test('writes an object once: what is there stays', async () => {
      expect(await log.read('tile/0/000')).toBeUndefined();
      expect(await log.create('tile/0/000', bytes('one'))).toBe(true);
      expect(await log.create('tile/0/000', bytes('two'))).toBe(false);
      expect(text(await log.read('tile/0/000'))).toBe('one');
    });

    test('replaces the checkpoint only by who saw the one before', async () => {
      expect(await log.checkpoint()).toBeUndefined();
      expect(await log.publish(bytes('one'), undefined)).toBe(true);
      expect(await log.publish(bytes('other'), undefined)).toBe(false);
      const first = await log.checkpoint();
      expect(text(first?.bytes)).toBe('one');
      expect(await log.publish(bytes('two'), first?.tag)).toBe(true);
      expect(await log.publish(bytes('late'), first?.tag)).toBe(false);
      expect(text((await log.checkpoint())?.bytes)).toBe('two');
    });

    test('keeps staged batches apart from the log', async () => {
      await log.stage('abc', bytes('batch'));
      expect(text(await log.readStaged('abc'))).toBe('batch');
      expect(await log.readStaged('abd')).toBeUndefined();
      expect(await log.read('staged/abc')).toBeUndefined();
    });
  });
}
