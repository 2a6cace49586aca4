import { describe, expect, test } from 'vitest';
import type { WindowStore } from '../../functions/alerts/domain/ports.ts';
import type { WindowEntry } from '../../functions/alerts/domain/rule-book.ts';
import type { CorrelationRule } from '../../functions/alerts/domain/sigma/rule.ts';

const AT = 1_800_000_000_000;
const rule = (type: CorrelationRule['type']): CorrelationRule => ({
  kind: 'correlation',
  name: 'r',
  title: 'R',
  type,
  rules: ['one', 'other'],
  groupBy: [],
  aliases: {},
  timespanMs: 10,
  thresholds: [{ op: 'gte', count: 2 }],
});
const entry = (
  at: number,
  id: string,
  type: CorrelationRule['type'] = 'event_count',
  rules = ['one'],
): WindowEntry => ({
  rule: rule(type),
  key: 'k',
  entry: { id, at: AT + at, rules },
  event: { id, at: AT + at, fields: {} },
});
const ids = (events: readonly { id: string }[]) => events.map(({ id }) => id).sort();

/** What every store of windows keeps. @param create a store with nothing in it */
export function windowStoreContract(create: () => Promise<WindowStore>): void {
  describe('a store of windows', () => {
    test('has the events around a time, both edges included, and each once', async () => {
      const store = await create();
      await store.add([entry(-11, 'a'), entry(-10, 'b'), entry(0, 'c')]);
      await store.add([entry(0, 'c'), entry(10, 'd'), entry(11, 'e')]);
      expect(ids(await store.around('k', AT, 10, 100))).toEqual(['b', 'c', 'd']);
      expect(await store.around('another', AT, 10, 100)).toEqual([]);
    });

    test('gives the nearest of each side where there are more', async () => {
      const store = await create();
      await store.add([-3, -2, -1, 1, 2, 3].map((at) => entry(at, `x${at}`)));
      expect(ids(await store.around('k', AT, 10, 2))).toEqual(['x-1', 'x-2', 'x1', 'x2']);
    });

    test('finds the nearest that one rule matched, among whatever others matched', async () => {
      const store = await create();
      await store.add([
        entry(-9, 'a', 'temporal', ['other']),
        ...[-2, -1, 1, 2].map((at) => entry(at, `x${at}`, 'temporal')),
        entry(4, 'b', 'temporal', ['one', 'other']),
      ]);
      expect(ids(await store.nearest('k', 'other', AT, 10))).toEqual(['a', 'b']);
      expect(ids(await store.nearest('k', 'one', AT, 10))).toEqual(['x-1', 'x1']);
      expect(ids(await store.nearest('k', 'other', AT, 3))).toEqual([]);
    });

    test('counts from a time on and before another', async () => {
      const store = await create();
      await store.add([0, 1, 5, 9, 10].map((at) => entry(at, `x${at}`)));
      expect(await store.count('k', AT, AT + 10, 100)).toBe(4);
      expect(await store.count('k', AT, AT + 10, 2)).toBe(2);
      expect(await store.count('k', AT + 10, AT + 10, 100)).toBe(0);
    });

    test('remembers that something has come, from its time on', async () => {
      const store = await create();
      await store.see([{ key: 'k', at: AT, id: 'a' }]);
      expect(await store.seenSince('k', AT)).toBe(true);
      expect(await store.seenSince('k', AT + 1)).toBe(false);
      expect(await store.seenSince('another', AT)).toBe(false);
    });
  });
}
