import { beforeEach, describe, expect, test } from 'vitest';
import type { QuarantineItem } from '../../functions/contracts/quarantine.ts';
import { toIso, type Clock } from '../../functions/kernel/clock.ts';
import type {
  QuarantinePage,
  QuarantineQuery,
  QuarantineReader,
} from '../../functions/quarantine/domain/query-quarantine.ts';
import { anItem } from './finding-builder.ts';

const START = Date.parse('2026-11-21T08:00:00.000Z');
const MINUTE = 60_000;
const clock: Clock = { now: () => START + 60 * MINUTE };

export interface ReaderUnderTest {
  readonly reader: QuarantineReader;
  put(item: QuarantineItem): Promise<void>;
}

/** What every reader of the quarantine holds. @param create makes an empty quarantine for one test */
export function quarantineReaderContract(create: (clock: Clock) => Promise<ReaderUnderTest>): void {
  describe('reads the quarantine', () => {
    let under: ReaderUnderTest;
    const put = async (...items: QuarantineItem[]) => {
      for (const item of items) await under.put(item);
    };
    const item = (position: number, overrides: Partial<QuarantineItem> = {}) =>
      anItem({ position, detectedAt: toIso(START + position * MINUTE), ...overrides });
    const pending: QuarantineQuery = { select: { by: 'status', value: 'pending' }, order: 'newest_first' };

    async function page(query: QuarantineQuery, limit: number, cursor?: string): Promise<QuarantinePage> {
      const answer = await under.reader.query(query, { limit, ...(cursor === undefined ? {} : { cursor }) });
      if (!answer.ok) throw new Error(answer.error);
      return answer.value;
    }
    async function all(query: QuarantineQuery, limit: number): Promise<number[]> {
      const positions: number[] = [];
      let cursor: string | undefined;
      do {
        const { items, next } = await page(query, limit, cursor);
        positions.push(...items.map(({ position }) => position));
        cursor = next;
      } while (cursor !== undefined);
      return positions;
    }

    beforeEach(async () => {
      under = await create(clock);
    });

    test('gives a finding by its id, whole', async () => {
      await put(item(1));
      expect(await under.reader.get(item(1).findingId)).toEqual(item(1));
    });

    test('knows when there is no such finding', async () => {
      expect(await under.reader.get(item(1).findingId)).toBeUndefined();
    });

    test('finds by status, secret type, agent, severity and fingerprint, and nothing else', async () => {
      const other = {
        severity: 'LOW' as const,
        secretType: 'slack_token',
        agent: 'agent-9',
        fingerprint: 'ab'.repeat(32),
      };
      await put(item(1), item(2, other), item(3, { status: 'confirmed', reviewed: true }));
      const by = (select: QuarantineQuery['select']) => all({ select, order: 'oldest_first' }, 10);
      expect(await by({ by: 'status', value: 'pending' })).toEqual([1, 2]);
      expect(await by({ by: 'status', value: 'confirmed' })).toEqual([3]);
      expect(await by({ by: 'secretType', value: 'slack_token' })).toEqual([2]);
      expect(await by({ by: 'agent', value: 'agent-9' })).toEqual([2]);
      expect(await by({ by: 'fingerprint', value: 'ab'.repeat(32) })).toEqual([2]);
      expect(await by({ by: 'severity', value: 'LOW' })).toEqual([2]);
      expect(await by({ by: 'agent', value: 'nobody' })).toEqual([]);
    });

    test('orders by time, newest or oldest first', async () => {
      await put(item(2), item(3), item(1));
      expect(await all(pending, 10)).toEqual([3, 2, 1]);
      expect(await all({ ...pending, order: 'oldest_first' }, 10)).toEqual([1, 2, 3]);
    });

    test('takes the start of a time range in and leaves its end out', async () => {
      await put(item(1), item(2), item(3));
      const range = { from: START + MINUTE, until: START + 3 * MINUTE };
      expect(await all({ ...pending, ...range }, 10)).toEqual([2, 1]);
      expect(await all({ ...pending, from: START, until: START }, 10)).toEqual([]);
    });

    test.each([1, 2, 3, 7])('pages by %i: every finding once, equal times as well', async (limit) => {
      const same = { detectedAt: toIso(START) };
      await put(...[1, 2, 3, 4, 5].map((position) => item(position, same)), item(6), item(7));
      expect((await all(pending, limit)).sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    });

    test('repeats nothing when findings are added while pages are turned', async () => {
      await put(item(1), item(2), item(3), item(4));
      const first = await page(pending, 2);
      await put(item(5));
      const second = await page(pending, 2, first.next);
      expect([...first.items, ...second.items].map(({ position }) => position)).toEqual([4, 3, 2, 1]);
    });

    test('goes on where it was although the last finding of the page was reviewed meanwhile', async () => {
      await put(item(1), item(2), item(3));
      const first = await page(pending, 2);
      await put(item(2, { status: 'confirmed', reviewed: true }));
      const second = await page(pending, 2, first.next);
      expect(second.items.map(({ position }) => position)).toEqual([1]);
    });

    test('hides what has expired before the table deletes it', async () => {
      const expired = item(1, { expiresAt: clock.now() / 1000 });
      await put(expired, item(2, { expiresAt: clock.now() / 1000 + 1 }));
      expect(await all(pending, 1)).toEqual([2]);
      expect(await under.reader.get(expired.findingId)).toBeUndefined();
    });

    test('shows what a legal hold keeps: it has no expiry', async () => {
      const { expiresAt: _, ...held } = item(1, { onHold: true });
      await put(held);
      expect(await all(pending, 1)).toEqual([1]);
      expect(await under.reader.get(held.findingId)).toEqual(held);
    });

    test('refuses a cursor of another query, a made-up one and a limit that is none', async () => {
      await put(item(1), item(2));
      const { next = '' } = await page(pending, 1);
      const refusal = async (query: QuarantineQuery, limit: number, cursor: string) =>
        under.reader.query(query, { limit, cursor });
      const refused = { ok: false, error: 'cursor_of_another_query' };
      expect(await refusal({ ...pending, order: 'oldest_first' }, 1, next)).toEqual(refused);
      expect(await refusal({ ...pending, from: START }, 1, next)).toEqual(refused);
      expect(await refusal(pending, 1, 'bm9uc2Vuc2U')).toEqual(refused);
      for (const limit of [0, 101, 1.5]) {
        expect(await under.reader.query(pending, { limit })).toEqual({
          ok: false,
          error: 'limit_out_of_range',
        });
      }
    });
  });
}
