import { describe, expect, test } from 'vitest';
import { advanceRotation } from '../../../functions/rotation/advance-rotation.lambda.ts';
import { rotationHandlers } from '../../support/rotation-handlers.ts';

const order = { secret: 'orders-db', run: 1 };

async function begun(trigger = {}) {
  const handlers = rotationHandlers();
  await handlers.world.rotate(trigger);
  const take = (event: unknown) => advanceRotation(event, handlers.needed);
  return { ...handlers, take };
}

describe('one step', () => {
  test('is taken as it is asked for, and its answer holds nothing but what comes next', async () => {
    const { take, record, logger } = await begun();
    expect(await take({ step: 'plan', ...order })).toEqual({ next: 'go', waitSeconds: 0 });
    expect(record()).toMatchObject({ fromVersion: 'version-0', oldIdentity: { id: 'a' } });
    expect(logger.lines).toEqual([
      { level: 'info', message: 'rotation_step', step: 'plan', ...order, next: 'go', wait_seconds: 0 },
    ]);
  });

  test('of a whole run leads to the proof, and no line holds a value', async () => {
    const { take, record, logger, world } = await begun();
    for (const step of ['plan', 'stage', 'install', 'verify', 'promote']) await take({ step, ...order });
    await world.consume('orders');
    await world.consume('reports');
    for (const step of ['await_consumers', 'confirm']) await take({ step, ...order });
    world.nowMs += 10_000;
    for (const step of ['confirm', 'retire']) await take({ step, ...order });
    world.nowMs += 10_000;
    expect(await take({ step: 'prove_dead', ...order })).toEqual({ next: 'end', waitSeconds: 0 });
    expect(record()).toMatchObject({ status: 'completed', newIdentity: { id: 'key-1' } });
    expect(JSON.stringify(logger.lines)).not.toMatch(/password-\d/);
  });

  test('that ends a rotation which leaked itself begins the next one', async () => {
    const { take, record, world } = await begun();
    await world.rotate({ kind: 'leak', by: 'detection', emergency: true }, record()?.toVersion);
    await world.person('roll_back');
    expect(await take({ step: 'roll_back', ...order })).toMatchObject({ next: 'end' });
    expect(record()).toMatchObject({ run: 2, status: 'planned', trigger: { kind: 'leak', emergency: true } });
  });

  test('that is none is refused without a word of what was sent', async () => {
    const { take } = await begun();
    const hidden = ['hidden', 'words'].join('-');
    for (const event of [null, { step: hidden, ...order }, { step: 'plan', ...order, extra: hidden }]) {
      const refused = await take(event).then(() => '', String);
      expect(refused).toMatch(/Not a step of a rotation: /);
      expect(refused).not.toContain(hidden);
    }
  });

  test('that fails tells its error by name alone: the history of the run keeps it', async () => {
    const { take, logger, world } = await begun();
    world.vault.byLabel = () => Promise.reject(new RangeError('quotes password-0'));
    const refused = take({ step: 'plan', ...order });
    await expect(refused).rejects.toThrow(/^The step plan failed: RangeError$/);
    await refused.catch((error: unknown) => expect(error).not.toHaveProperty('cause'));
    expect(logger.lines[0]).toMatchObject({ level: 'error', message: 'rotation_step_failed', step: 'plan' });
  });
});
