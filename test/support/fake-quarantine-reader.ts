import type { QuarantineItem } from '../../functions/contracts/quarantine.ts';
import type { Clock } from '../../functions/kernel/clock.ts';
import { ok } from '../../functions/kernel/result.ts';
import {
  cursorOf,
  planRead,
  type QuarantineReader,
} from '../../functions/quarantine/domain/query-quarantine.ts';

/** The quarantine in memory; `items` may be changed while it is read. */
export function createFakeQuarantineReader(
  items: Map<string, QuarantineItem>,
  clock: Clock,
): QuarantineReader {
  const live = ({ expiresAt }: QuarantineItem) =>
    expiresAt === undefined || expiresAt > Math.floor(clock.now() / 1000);
  return {
    async query(query, page) {
      const planned = planRead(query, page);
      if (!planned.ok) return planned;
      const { limit, lower, upper, after } = planned.value;
      const sign = query.order === 'oldest_first' ? 1 : -1;
      const compare = (a: { detectedAt: string; pk: string }, b: { detectedAt: string; pk: string }) =>
        sign * (a.detectedAt.localeCompare(b.detectedAt) || a.pk.localeCompare(b.pk));
      const found = [...items.values()]
        .filter((item) => item[query.select.by] === query.select.value)
        .filter(({ detectedAt }) => detectedAt >= lower && detectedAt <= upper)
        .sort(compare)
        .filter((item) => after === undefined || compare(item, after) > 0);
      const read = found.slice(0, limit);
      const last = read.at(-1);
      return ok({
        items: read.filter(live),
        unreadable: [],
        ...(last && found.length > read.length ? { next: cursorOf(query, last) } : {}),
      });
    },
    async get(findingId) {
      const item = items.get(findingId);
      return item && live(item) ? item : undefined;
    },
  };
}
