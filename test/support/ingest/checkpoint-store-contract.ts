import { describe, expect, test } from 'vitest';
import type { CheckpointStore } from '../../../functions/ingest/domain/ports.ts';

const CORE = 'ab'.repeat(32);
const at = (length: number, fork = 0) => ({
  fork,
  length,
  treeHash: 'cd'.repeat(32),
  ancestors: [
    { length: length - 1, treeHash: 'ef'.repeat(32) },
    { length: length - 5, treeHash: 'ab'.repeat(32) },
  ],
});

/** What every checkpoint store holds. @param create makes an empty one */
export function checkpointStoreContract(create: () => Promise<CheckpointStore>): void {
  describe('a checkpoint store', () => {
    test('knows nothing of a log that was never shipped', async () => {
      const store = await create();
      expect(await store.claim(CORE, 1)).toEqual({ ok: true, value: undefined });
      expect(await store.claim(CORE, 2)).toEqual({ ok: true, value: undefined });
    });

    test('gives back what was written last, forth or back', async () => {
      const store = await create();
      await store.claim(CORE, 1);
      for (const checkpoint of [at(10), at(30), at(20, 1)]) {
        expect(await store.advance(CORE, 1, checkpoint)).toEqual({ ok: true, value: undefined });
      }
      expect(await store.claim(CORE, 2)).toEqual({ ok: true, value: at(20, 1) });
    });

    test('refuses a write under a token that never claimed the log', async () => {
      const store = await create();
      expect(await store.advance(CORE, 1, at(10))).toEqual({ ok: false, error: 'fenced' });
      await store.claim(CORE, 1);
      expect(await store.advance(CORE, 2, at(10))).toEqual({ ok: false, error: 'fenced' });
    });

    test('refuses an older holder as soon as a newer one has claimed the log', async () => {
      const store = await create();
      await store.claim(CORE, 1);
      await store.advance(CORE, 1, at(10));
      expect(await store.claim(CORE, 2)).toEqual({ ok: true, value: at(10) });
      expect(await store.advance(CORE, 1, at(99))).toEqual({ ok: false, error: 'fenced' });
      expect(await store.claim(CORE, 1)).toEqual({ ok: false, error: 'fenced' });
      expect(await store.claim(CORE, 2)).toEqual({ ok: true, value: at(10) });
    });

    test('keeps logs apart', async () => {
      const store = await create();
      const other = 'ef'.repeat(32);
      await store.claim(CORE, 1);
      await store.advance(CORE, 1, at(10));
      expect(await store.claim(other, 1)).toEqual({ ok: true, value: undefined });
    });
  });
}
