import { describe, expect, test } from 'vitest';
import { toIso } from '../../../functions/kernel/clock.ts';
import { keepSchedule } from '../../../functions/rotation/keep-schedule.lambda.ts';
import { rotationHandlers } from '../../support/rotation-handlers.ts';

describe('a tick', () => {
  test('of a secret’s schedule starts its rotation, once', async () => {
    const { needed, logger, world, record } = rotationHandlers();
    const tick = { do: 'schedule', secret: 'orders-db', dueAt: toIso(world.nowMs) };
    const due = { secret: 'orders-db', kind: 'schedule' };
    expect(await keepSchedule(tick, needed)).toEqual([{ ...due, outcome: 'started' }]);
    expect(await keepSchedule(tick, needed)).toEqual([{ ...due, outcome: 'in_rotation' }]);
    expect(record()).toMatchObject({ run: 1, trigger: { kind: 'schedule' } });
    expect(logger.lines.map(({ message, outcome }) => [message, outcome])).toEqual([
      ['rotation_due', 'started'],
      ['rotation_due', 'in_rotation'],
    ]);
  });

  test('of the hour starts what is too old, and says nothing of the rest', async () => {
    const { needed, logger, world } = rotationHandlers();
    expect(await keepSchedule({ do: 'age' }, needed)).toEqual([]);
    expect(logger.lines).toEqual([]);
    const madeAt = () => Promise.resolve(world.nowMs - 31 * 86_400_000);
    expect(await keepSchedule({ do: 'age' }, { ...needed, madeAt })).toMatchObject([{ outcome: 'started' }]);
  });

  test('of the hour fails, where a secret could not be looked at, and names it', async () => {
    const { needed, logger } = rotationHandlers();
    const madeAt = () => Promise.reject(new RangeError('words of a library'));
    await expect(keepSchedule({ do: 'age' }, { ...needed, madeAt })).rejects.toThrow(
      'Not looked at: orders-db (RangeError)',
    );
    expect(logger.lines).toMatchObject([{ message: 'rotation_due', outcome: 'not_looked_at' }]);
    expect(JSON.stringify(logger.lines)).not.toContain('words of');
  });

  test('that is none is refused without a word of what was sent', async () => {
    const { needed } = rotationHandlers();
    const hidden = ['hidden', 'words'].join('-');
    for (const event of [null, { do: hidden }, { do: 'schedule', secret: 'orders-db', dueAt: hidden }]) {
      const refused = await keepSchedule(event, needed).then(() => '', String);
      expect(refused).toMatch(/Not a tick: /);
      expect(refused).not.toContain(hidden);
    }
  });
});
