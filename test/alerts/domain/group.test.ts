import { describe, expect, test } from 'vitest';
import { decide, lookAgainAt, type Group, type Member } from '../../../functions/alerts/domain/group.ts';

const NOW = 1_800_000_000_000;
const INTERVAL = 300_000;
const group = (more: Partial<Group> = {}): Group => ({
  ...{ key: 'ab'.repeat(16), episode: 1, route: 'leaks', labels: { agent: 'build-7' }, intervalMs: INTERVAL },
  ...{ arrivals: 1, told: 0, revision: 0 },
  ...more,
});
const member: Member = {
  ...{ id: 'm', rule: 'critical-finding', severity: 'CRITICAL', at: NOW, subject: 'fingerprint#f1' },
  ...{ labels: {}, inhibited: false, arrivedAt: 1 },
};
const after = (told: Group, now: number) => {
  const decision = decide(
    told,
    { members: [member], states: new Map() },
    [],
    () => undefined,
    now,
    () => '',
  );
  if (decision.kind !== 'tell') throw new Error(decision.kind);
  return { dueAt: decision.dueAt - now, ...(decision.burstUntil && { burst: decision.burstUntil - now }) };
};

describe('a burst', () => {
  const burst = group({ arrivals: 5, told: 1, toldAt: NOW, burstUntil: NOW + INTERVAL, dueAt: NOW + 15_000 });

  test('is waited for while more of it comes, and told when no more comes', () => {
    expect(lookAgainAt(burst, NOW + 15_000)).toBe(NOW + 30_000);
    expect(lookAgainAt({ ...burst, seen: 4 }, NOW + 30_000)).toBe(NOW + 45_000);
    expect(lookAgainAt({ ...burst, seen: 5 }, NOW + 45_000)).toBeUndefined();
  });

  test('is told at the end of the interval at the latest', () => {
    expect(lookAgainAt({ ...burst, seen: 4 }, NOW + INTERVAL - 5_000)).toBe(NOW + INTERVAL);
    expect(lookAgainAt({ ...burst, seen: 4 }, NOW + INTERVAL)).toBeUndefined();
  });

  test('of which nothing came is looked at again when the interval is over', () => {
    expect(lookAgainAt({ ...burst, arrivals: 1 }, NOW + 15_000)).toBe(NOW + INTERVAL);
  });

  test('begins with a first message, and not again within its interval', () => {
    expect(after(group(), NOW)).toEqual({ dueAt: 15_000, burst: INTERVAL });
    expect(after({ ...burst, seen: 5 }, NOW + 45_000)).toEqual({ dueAt: INTERVAL });
    expect(after(group({ arrivals: 2, told: 1, toldAt: NOW }), NOW + INTERVAL)).toEqual({
      dueAt: 15_000,
      burst: INTERVAL,
    });
  });

  test('that goes on is told in intervals that double, up to an hour', () => {
    expect(after({ ...burst, seen: 4 }, NOW + INTERVAL)).toEqual({ dueAt: 15_000, burst: 2 * INTERVAL });
    const long = { ...burst, seen: 4, burstUntil: NOW + 3_000_000 };
    expect(after(long, NOW + 3_000_000)).toEqual({ dueAt: 15_000, burst: 3_600_000 });
    // Over in time: the next one is told as the first was.
    expect(after({ ...burst, seen: 5 }, NOW + INTERVAL)).toEqual({ dueAt: 15_000, burst: INTERVAL });
  });
});
