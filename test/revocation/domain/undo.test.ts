import { describe, expect, test } from 'vitest';
import { answerAtDesk } from '../../../functions/revocation/domain/desk.ts';
import { revocationChange } from '../../../functions/revocation/domain/revocation.ts';
import { aCaseId } from '../../support/revocation-builder.ts';
import { World } from '../../support/revocation-model.ts';

const CASE = aCaseId(1);

async function proven(): Promise<World> {
  const world = new World({
    credentials: [{ id: 'id-1', principal: 'agent', kind: 'ordinary', propagationMs: 0 }],
    policies: [{}, {}],
  });
  await world.find(1);
  await world.settle();
  return world;
}
const ask = (world: World, what: 'undo' | 'revoke', why: string) =>
  answerAtDesk(
    { do: what, caseId: CASE, by: 'bob', why },
    { store: world.store, workflow: world, clock: world.clock },
  );

describe('undoing a revocation', () => {
  test('makes the credential work again, and the record says who wanted it, why and when', async () => {
    const world = await proven();
    expect(world.provider.isDead('id-1')).toBe(true);
    world.nowMs += 60_000;
    expect(await ask(world, 'undo', 'it was the wrong alarm')).toMatchObject({ answer: 'revocation' });
    await world.settle();
    expect(world.provider.isDead('id-1')).toBe(false);
    const record = world.store.records.get(CASE);
    expect(record).toMatchObject({
      ...{ status: 'manual', reason: 'restored', decidedBy: 'bob', decidedWhy: 'it was the wrong alarm' },
      ...{ lastSeen: 'unknown', canRestore: false, restoredAt: new Date(world.nowMs).toISOString() },
    });
    expect(record?.provenDeadAt).toBeDefined();
    expect(record?.calls.at(-1)).toMatchObject({ step: 'restore', request: 'restore', answer: '200' });
    expect(record?.undo).toBeUndefined();
    const [before, after] = world.store.written.slice(-2);
    expect(after && revocationChange(before, after)).toMatchObject({ reason: 'restored', decidedBy: 'bob' });
    expect([...world.broken]).toEqual([]);
  });

  test('is done once: what is restored cannot be restored again', async () => {
    const world = await proven();
    await ask(world, 'undo', 'once');
    await ask(world, 'undo', 'and again, for the first gave no sign');
    await world.settle();
    expect(await ask(world, 'undo', 'twice')).toMatchObject({ answer: 'refused', why: 'cannot_restore' });
    expect([...world.broken]).toEqual([]);
  });
});
