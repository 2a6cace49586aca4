import { describe, expect, test } from 'vitest';
import { askRotation } from '../../../functions/rotation/ask-rotation.lambda.ts';
import { rotationHandlers } from '../../support/rotation-handlers.ts';

const person = { secret: 'orders-db', by: 'ann', why: 'because' };

describe('the desk', () => {
  test('starts a rotation, shows it, and says in its line which one', async () => {
    const { needed, logger, world } = rotationHandlers();
    const ask = (request: unknown) => askRotation(request, needed);
    expect(await ask({ do: 'rotate', ...person, emergency: false })).toMatchObject({
      answer: 'rotation',
      rotation: { run: 1, status: 'planned', trigger: { kind: 'person', by: 'ann' } },
    });
    expect(await ask({ do: 'show', secret: 'orders-db' })).toMatchObject({ rotation: { run: 1 } });
    expect(world.executions.size).toBe(1);
    expect(logger.lines).toEqual(
      [1, 2].map(() => ({
        ...{ level: 'info', message: 'rotation_asked', answer: 'rotation' },
        ...{ secret: 'orders-db', run: 1, status: 'planned' },
      })),
    );
  });

  test('takes a consumer’s word, and refuses what is none without quoting it', async () => {
    const { needed, logger } = rotationHandlers();
    const hidden = ['hidden', 'words'].join('-');
    const heard = { do: 'acknowledge', secret: 'orders-db', consumer: 'orders', versionId: 'version-0' };
    expect(await askRotation(heard, needed)).toEqual({ answer: 'heard' });
    const refused = await askRotation({ do: 'rotate', ...person, password: hidden }, needed);
    expect(refused).toMatchObject({ answer: 'refused', why: 'bad_request' });
    expect(JSON.stringify([refused, logger.lines])).not.toContain(hidden);
    expect(logger.lines.at(-1)).toMatchObject({ answer: 'refused', why: 'bad_request' });
  });
});
