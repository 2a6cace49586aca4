import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Redacted } from '../../../functions/kernel/redacted.ts';
import type { RotationOrder } from '../../../functions/rotation/domain/ports.ts';
import { createAwsVerifier } from '../../../functions/rotation/adapters/verify-aws.ts';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { addKey, openAwsKeys, type AwsUnderTest } from '../../support/rotation/aws.ts';
import { rotatorContract } from '../../support/rotation/rotator-contract.ts';

rotatorContract(
  'an access key of an IAM user',
  { strategy: 'dual_phase', drawn: true, reinstates: true },
  () => openAwsKeys(inject('endpoint')),
);

describe('the two places for keys', () => {
  let it: AwsUnderTest;
  beforeAll(async () => {
    it = await openAwsKeys(inject('endpoint'));
  });
  afterAll(() => it.close());

  const orderOf = (current: Redacted, settings: unknown, previous?: Redacted): RotationOrder => ({
    rotationId: `rot_${'0'.repeat(32)}`,
    secret: 'orders',
    strategy: 'dual_phase',
    settings,
    current,
    ...(previous !== undefined && { previous }),
    newPassword: () => {
      throw new Error('IAM draws keys itself');
    },
  });

  test.each(['Active', 'Inactive'] as const)(
    'are both left as they are where one holds an %s key that was not retired here',
    async (status) => {
      const { current, settings, count } = await it.issue(status === 'Active' ? 9_001 : 9_002);
      const { userName } = settings as { userName: string };
      const other = await addKey(it.iam, userName, status);
      const { answer } = await it.rotator.create(orderOf(current, settings));
      expect(answer).toEqual({ outcome: 'refused', reason: expect.stringContaining(other) as string });
      expect(await count?.()).toBe(2);
    },
  );

  test('make room where one holds the key that was retired before', async () => {
    const { current, settings, count, works } = await it.issue(9_003);
    const first = await it.rotator.create(orderOf(current, settings));
    if (first.answer.outcome !== 'created') throw new Error(first.answer.outcome);
    await it.rotator.retire(orderOf(current, settings), current);
    const second = await it.rotator.create({
      ...orderOf(first.answer.value, settings, current),
      rotationId: `rot_${'1'.repeat(32)}`,
    });
    expect(second.answer.outcome).toBe('created');
    expect(await count?.()).toBe(2);
    expect(await works(first.answer.value)).toBe(true);
  });

  test('a test of a key tells whose it is, and fails for a retired one', async () => {
    const { current, settings } = await it.issue(9_004);
    const verifier = createAwsVerifier({ stsFor: it.stsFor, clock: systemClock });
    const run = (more: object) =>
      verifier.run({ rotationId: 'rot', secret: 'orders', settings: more, value: current });
    expect((await run({})).answer).toEqual({ outcome: 'passed' });
    expect((await run({ arn: 'arn:aws:iam::000000000000:user/somebody' })).answer).toMatchObject({
      outcome: 'failed',
    });
    await it.rotator.retire(orderOf(current, settings), current);
    expect((await run({})).answer).toMatchObject({ outcome: 'failed' });
  });
});
