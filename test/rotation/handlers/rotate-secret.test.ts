import { describe, expect, test } from 'vitest';
import { rotateSecret } from '../../../functions/rotation/rotate-secret.lambda.ts';
import { rotationHandlers } from '../../support/rotation-handlers.ts';

const OWN_ARN = 'arn:aws:lambda:eu-west-1:123456789012:function:shhh-rotate';
const TOKEN = 'ffffffff-ffff-4fff-8fff-ffffffffffff';

function attached(functionArn = OWN_ARN) {
  const handlers = rotationHandlers();
  const { world, policy, needed } = handlers;
  world.vault.announce(policy.secret, TOKEN);
  const settingOf = () => Promise.resolve({ name: policy.secret, enabled: true, functionArn });
  const call = (Step: string, more: Record<string, unknown> = {}) =>
    rotateSecret({ Step, SecretId: policy.secret, ClientRequestToken: TOKEN, ...more }, OWN_ARN, {
      ...needed,
      settingOf,
    });
  return { ...handlers, call };
}

describe('a call of Secrets Manager', () => {
  test('is taken step by step, with fields that the service may add', async () => {
    const { call, logger, world, policy } = attached();
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
      await call(step, { RotationToken: 'another' });
    expect(world.vault.of(policy.secret).labels.get('AWSCURRENT')).toBe(TOKEN);
    expect(logger.lines.map(({ message, step }) => [message, step])).toEqual(
      ['createSecret', 'setSecret', 'testSecret', 'finishSecret'].map((step) => [
        'plain_rotation_step',
        step,
      ]),
    );
    expect(JSON.stringify(logger.lines)).not.toMatch(/password-\d/);
  });

  test('for a secret that has not attached this function is refused, and says why', async () => {
    const { call, logger } = attached('arn:aws:lambda:eu-west-1:123456789012:function:another');
    await expect(call('createSecret')).rejects.toThrow(/The step createSecret was refused: \S/);
    expect(logger.lines[0]).toMatchObject({ level: 'error', message: 'plain_rotation_refused' });
  });

  test('that fails tells its error by name alone', async () => {
    const { call, logger, world } = attached();
    world.vault.versions = () => Promise.reject(new RangeError('quotes password-0'));
    await expect(call('createSecret')).rejects.toThrow(/^The step createSecret failed: RangeError$/);
    expect(logger.lines[0]).toMatchObject({ level: 'error', message: 'plain_rotation_failed' });
  });

  test('that is none is refused without a word of what was sent', async () => {
    const { call } = attached();
    const hidden = ['hidden', 'words'].join('-');
    const refused = await call(hidden).then(() => '', String);
    expect(refused).toMatch(/Not a call of Secrets Manager: /);
    expect(refused).not.toContain(hidden);
  });
});
