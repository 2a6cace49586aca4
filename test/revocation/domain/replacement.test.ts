/** A leaked credential that is a managed secret's: it is replaced before it dies, and dies in any case. */
import { describe, expect, test } from 'vitest';
import { takeStep } from '../../../functions/revocation/domain/take-step.ts';
import { FakeRevocationProvider } from '../../support/fake-revocation-provider.ts';
import {
  FakeEvidenceVault,
  FakeReplacements,
  FakeRevocationLimit,
  FakeRevocationStore,
  FakeWorkflow,
} from '../../support/fake-revocation-store.ts';
import { aCaseId, aLeak, aPolicy, aRevocation } from '../../support/revocation-builder.ts';

const NOW = Date.parse('2026-11-21T08:00:02.000Z');

async function aLiveOne() {
  const world = { nowMs: NOW };
  const store = new FakeRevocationStore();
  store.records.set(aCaseId(1), aRevocation(1));
  const evidence = new FakeEvidenceVault();
  evidence.sealed.set(aLeak(1).fingerprint, 'secret-1');
  const provider = new FakeRevocationProvider({ nowMs: () => world.nowMs });
  provider.add('secret-1', { id: 'id-1', principal: 'agent', kind: 'ordinary', propagationMs: 0 });
  const replacements = new FakeReplacements(() => world.nowMs);
  const needed = {
    ...{ store, evidence, replacements, providers: [provider], policy: aPolicy() },
    ...{ limit: new FakeRevocationLimit(), workflow: new FakeWorkflow(), clock: { now: () => world.nowMs } },
    environment: 'prod' as const,
  };
  const take = (step: Parameters<typeof takeStep>[0]) =>
    takeStep(step, { caseId: aCaseId(1), run: 1, do: 'revoke' }, needed);
  for (const step of ['identify', 'prove_live', 'decide'] as const) await take(step);
  const record = () => store.records.get(aCaseId(1));
  /** @returns how long it has waited, in seconds */
  async function waitOut(): Promise<number> {
    for (let looks = 0; looks < 100; looks += 1) {
      const { next, waitSeconds } = await take('replace');
      if (next === 'go') return (world.nowMs - NOW) / 1000;
      world.nowMs += waitSeconds * 1000;
    }
    throw new Error('It waits for ever.');
  }
  return { world, provider, replacements, take, record, waitOut, managed: aLeak(1).fingerprint };
}

describe('before it is revoked', () => {
  test('what nobody manages is not waited for', async () => {
    const { take, record } = await aLiveOne();
    expect(await take('replace')).toEqual({ next: 'go', waitSeconds: 0 });
    expect(record()).not.toHaveProperty('replacement');
  });

  test('what is managed is replaced, looked at soon and then more seldom, and not contained', async () => {
    const { replacements, waitOut, take, record, provider, managed } = await aLiveOne();
    replacements.managed.set(managed, NOW + 7_500);
    expect(await waitOut()).toBeLessThan(10);
    expect(replacements.asked[0]).toMatchObject({ do: 'replace', fingerprint: managed });
    // Asked by its name alone from then on: what has leaked may have lost its place meanwhile.
    const rotationId = `rot_${managed.slice(0, 32)}`;
    expect(
      replacements.asked.slice(1).every((each) => each.do === 'watch' && each.rotationId === rotationId),
    ).toBe(true);
    for (const step of ['contain', 'kill', 'prove_dead'] as const) await take(step);
    expect(provider.containments).toEqual([]);
    expect(record()).toMatchObject({
      status: 'proven_dead',
      replacement: { secret: managed, rotationId },
    });
    expect(record()?.replacement?.waitsUntil).toBeUndefined();
    expect(record()?.note).toBeUndefined();
  });

  test('a replacement that does not come is waited for as long as the policy says, and no longer', async () => {
    const { replacements, waitOut, take, record, managed } = await aLiveOne();
    replacements.managed.set(managed, Number.POSITIVE_INFINITY);
    expect(await waitOut()).toBe(60);
    // A call that was lost and comes again begins no second wait.
    expect(await take('replace')).toEqual({ next: 'go', waitSeconds: 0 });
    for (const step of ['contain', 'kill', 'prove_dead'] as const) await take(step);
    expect(record()).toMatchObject({
      status: 'proven_dead',
      note: 'Its replacement did not come in time: it is revoked all the same.',
    });
  });

  test('rotation that gives no answer holds nothing up for longer than a few seconds', async () => {
    const { replacements, waitOut, take, record, provider } = await aLiveOne();
    replacements.trouble = () => {
      throw new Error('no answer');
    };
    expect(await waitOut()).toBeLessThan(5);
    expect(record()).toMatchObject({
      attempts: 0,
      note: expect.stringContaining('Rotation does not tell') as string,
    });
    for (const step of ['contain', 'kill', 'prove_dead'] as const) await take(step);
    expect(provider.containments).toHaveLength(1);
    expect(record()).toMatchObject({ status: 'proven_dead' });
  });

  test('one that is known to be replaced has its time, also while rotation gives no answer', async () => {
    const { replacements, take, waitOut, managed } = await aLiveOne();
    replacements.managed.set(managed, Number.POSITIVE_INFINITY);
    await take('replace');
    replacements.trouble = () => {
      throw new Error('no answer');
    };
    expect(await waitOut()).toBeGreaterThanOrEqual(60);
  });
});
