import type { WindowStore } from '../../functions/alerts/domain/ports.ts';
import type { WindowEvent } from '../../functions/alerts/domain/sigma/window.ts';

/** Windows in memory. */
export function createFakeWindowStore(): WindowStore {
  const windows = new Map<string, Map<string, WindowEvent>>();
  const seen = new Map<string, number[]>();
  const sorted = (key: string) =>
    [...(windows.get(key)?.values() ?? [])].sort(
      (one, other) => one.at - other.at || (one.id < other.id ? -1 : 1),
    );
  const around = (key: string, at: number, spanMs: number, limit: number): readonly WindowEvent[] => [
    ...sorted(key)
      .filter((event) => event.at >= at - spanMs && event.at <= at)
      .slice(-limit),
    ...sorted(key)
      .filter((event) => event.at > at && event.at <= at + spanMs)
      .slice(0, limit),
  ];
  return {
    async add(entries) {
      for (const { key, rule, entry } of entries) {
        for (const window of rule.type === 'temporal' ? entry.rules.map((name) => `${key}#${name}`) : [key]) {
          const events = windows.get(window) ?? new Map<string, WindowEvent>();
          windows.set(window, events.set(`${entry.at}#${entry.id}`, entry));
        }
      }
    },
    around: async (key, at, spanMs, limit) => around(key, at, spanMs, limit),
    nearest: async (key, rule, at, spanMs) => around(`${key}#${rule}`, at, spanMs, 1),
    count: async (key, from, to, limit) =>
      Math.min(limit, sorted(key).filter(({ at }) => at >= from && at < to).length),
    async see(more) {
      for (const { key, at } of more) seen.set(key, [...(seen.get(key) ?? []), at]);
    },
    seenSince: async (key, at) => (seen.get(key) ?? []).some((time) => time >= at),
  };
}
