import { describe, expect, test } from 'vitest';
import { START, firstBroken, REAL, World } from '../../support/revocation-model.ts';
import type { FakeCredential } from '../../support/fake-revocation-provider.ts';

const DAY_MS = 86_400_000;

describe('a revocation, whatever happens', () => {
  test(
    'ends, tells the truth, never calls twice after a success, and never touches what is protected or ambiguous',
    { timeout: 120_000 },
    async () => {
      expect(await firstBroken(REAL, { numRuns: 400 })).toBeUndefined();
    },
  );
});

describe('ten thousand planted findings', () => {
  test('trip the limit, not the keys: people decide about the rest', { timeout: 120_000 }, async () => {
    const COUNT = 10_000;
    const planted = Array.from({ length: COUNT }, (_, index): FakeCredential => ({
      id: `id-${index + 1}`,
      kind: 'ordinary',
      principal: 'agent',
      propagationMs: 0,
    }));
    const policy = {
      limit: { revocationsPerHour: 20 },
      approval: { expiresMinutes: 30, byDefault: 'reject' },
    };
    const world = new World({ credentials: planted, policies: [policy, policy] });
    for (let each = 1; each <= COUNT; each += 1) await world.find(each);
    for (const execution of world.executions.values())
      for (
        let turn = 0;
        turn < 40 && execution.ended === 'no' && execution.waitsUntil <= world.nowMs;
        turn += 1
      )
        await execution.step(world.nowMs, (payload) => world.take(payload));
    const statuses = Map.groupBy(
      world.store.records.values(),
      ({ status, reason }) => `${status} ${reason ?? ''}`,
    );
    expect(statuses.get('proven_dead ')?.length).toBe(20);
    expect(statuses.get('awaiting_approval over_the_limit')?.length).toBe(COUNT - 20);
    expect(new Set(world.provider.revocations.map(({ id }) => id)).size).toBe(20);
    expect([...world.broken]).toEqual([]);
    expect(world.nowMs - START).toBeLessThan(DAY_MS);
  });
});
