import { describe, expect, test } from 'vitest';
import type { Grant, Lease } from '../../../functions/ingest/domain/ports.ts';

const NOW = 1_790_000_000_000;
const TTL = 10_000;

/** What every lease holds. @param create makes one that nobody ever held */
export function leaseContract(create: () => Promise<Lease>): void {
  describe('a lease', () => {
    const granted = async (lease: Lease, holder: string, now: number): Promise<Grant> => {
      const asked = await lease.acquire(holder, now, TTL);
      if (!asked.ok) throw new Error(`${holder} should have got it`);
      return asked.value;
    };

    test('is given to one at a time', async () => {
      const lease = await create();
      expect(await granted(lease, 'a', NOW)).toEqual({ holder: 'a', token: 1, expiresAt: NOW + TTL });
      expect(await lease.acquire('b', NOW + TTL - 1, TTL)).toEqual({ ok: false, error: 'held' });
    });

    test('is given to one at a time, also of many who ask at once', async () => {
      const lease = await create();
      const asked = await Promise.all(
        Array.from({ length: 8 }, (_, n) => lease.acquire(`s${String(n)}`, NOW, TTL)),
      );
      expect(asked.filter(({ ok }) => ok)).toHaveLength(1);
    });

    test('goes to the next when it has expired, with a greater token', async () => {
      const lease = await create();
      await granted(lease, 'a', NOW);
      expect(await granted(lease, 'b', NOW + TTL)).toEqual({
        holder: 'b',
        token: 2,
        expiresAt: NOW + 2 * TTL,
      });
    });

    test('is kept by renewing it', async () => {
      const lease = await create();
      const grant = await granted(lease, 'a', NOW);
      expect(await lease.renew(grant, NOW + 9_000, TTL)).toEqual({
        ok: true,
        value: { holder: 'a', token: 1, expiresAt: NOW + 9_000 + TTL },
      });
      expect((await lease.acquire('b', NOW + 15_000, TTL)).ok).toBe(false);
    });

    test('may be renewed late, as long as nobody took it', async () => {
      const lease = await create();
      const grant = await granted(lease, 'a', NOW);
      expect((await lease.renew(grant, NOW + 3 * TTL, TTL)).ok).toBe(true);
    });

    test('is lost to the one that took it', async () => {
      const lease = await create();
      const grant = await granted(lease, 'a', NOW);
      await granted(lease, 'b', NOW + TTL);
      expect(await lease.renew(grant, NOW + TTL, TTL)).toEqual({ ok: false, error: 'lost' });
      await lease.release(grant);
      expect((await lease.acquire('c', NOW + TTL + 1, TTL)).ok).toBe(false);
    });

    test('is free as soon as it is released, and its token still grows', async () => {
      const lease = await create();
      await lease.release(await granted(lease, 'a', NOW));
      expect(await granted(lease, 'b', NOW + 1)).toMatchObject({ token: 2 });
    });

    test('is given again to its own holder, whose answer may have been lost', async () => {
      const lease = await create();
      await granted(lease, 'a', NOW);
      expect(await granted(lease, 'a', NOW + 1)).toMatchObject({ token: 2 });
    });
  });
}
