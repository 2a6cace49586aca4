import type { Once } from '../../functions/alerts/domain/send-alert.ts';

/** Remembers in memory what was done; `running` keys are held by somebody else. */
export function createFakeOnce(running: ReadonlySet<string> = new Set()): Once {
  const done = new Set<string>();
  const held = new Set(running);
  return {
    async run(key, effect) {
      if (done.has(key)) return 'done_before';
      if (held.has(key)) return 'held';
      held.add(key);
      try {
        await effect();
        done.add(key);
        return 'done';
      } finally {
        held.delete(key);
      }
    },
  };
}
