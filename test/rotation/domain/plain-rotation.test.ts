/** Our function, driven as Secrets Manager drives one: four steps, a token, labels, and retries of any step. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  PLAIN_STEPS,
  takePlainStep,
  type PlainOrder,
  type RotationSetting,
} from '../../../functions/rotation/domain/plain-rotation.ts';
import { FakeRotationStore, FakeSecretVault } from '../../support/fake-rotation-store.ts';
import {
  FakeRotator,
  FakeVerifier,
  textOf,
  type FakeKind,
  type Trouble,
} from '../../support/fake-rotator.ts';
import { rotateSecret } from '../../support/rotate-secret-driver.ts';
import { aManagedSecret } from '../../support/rotation-builder.ts';

const OWN_ARN = 'arn:aws:lambda:eu-west-1:123456789012:function:shhh-rotate';
const STRATEGY = { key: 'dual_phase', pair: 'alternating_users', user: 'single_user' } as const;

function aWorld(kind: FakeKind, setting: Partial<RotationSetting> = {}) {
  const troubles: Trouble[] = [];
  const rotator = new FakeRotator({
    kind,
    nowMs: () => 0,
    trouble: () => troubles.shift() ?? 'none',
    changed: () => undefined,
  });
  rotator.works.set('a', 'password-0');
  const vault = new FakeSecretVault();
  const policy = aManagedSecret({ strategy: STRATEGY[kind] });
  vault.add(policy.secret, 'version-0', textOf({ id: 'a', password: 'password-0' }));
  const judged = { passes: true };
  const store = new FakeRotationStore();
  const step = (order: PlainOrder) =>
    takePlainStep(order, {
      ...{ store, vault, policies: [policy], generators: {}, rotators: [rotator] },
      verifiers: [
        new FakeVerifier('sign-in', (text) => (rotator.isLive(text) ? 'passed' : 'failed')),
        new FakeVerifier('permission', () => (judged.passes ? 'passed' : 'failed')),
      ],
      clock: { now: () => 0 },
      randomBelow: () => 0,
      settingOf: () =>
        Promise.resolve({ name: policy.secret, enabled: true, functionArn: OWN_ARN, ...setting }),
      ownArn: OWN_ARN,
    });
  const driver = {
    secretId: policy.secret,
    announce: (token: string) => {
      vault.announce(policy.secret, token);
      return Promise.resolve();
    },
    call: async (order: PlainOrder) => {
      const answer = await step(order);
      if (!answer.ok) throw new Error(answer.error);
    },
  };
  const labels = () => Object.fromEntries(vault.of(policy.secret).labels);
  const published = () => rotator.isLive(vault.current(policy.secret) ?? '');
  return { policy, rotator, vault, store, driver, step, troubles, judged, labels, published };
}

describe('a plain rotation function', () => {
  test.each(['key', 'pair', 'user'] as const)('rotates a %s three times over', async (kind) => {
    const { driver, labels, published } = aWorld(kind);
    let before = 'version-0';
    for (let round = 0; round < 3; round += 1) {
      const { token, finished } = await rotateSecret(driver);
      expect(finished).toBe(true);
      expect(labels()).toEqual({ AWSCURRENT: token, AWSPREVIOUS: before });
      expect(published()).toBe(true);
      before = token;
    }
  });

  test('may have any step called again at any time, by a token that is over as well', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<FakeKind>('key', 'pair', 'user'),
        fc.array(fc.constantFrom(...PLAIN_STEPS), { maxLength: 12 }),
        fc.array(
          fc.constantFrom<Trouble>(
            'none',
            'unavailable',
            'unavailable_after',
            'throws_before',
            'throws_after',
          ),
          { maxLength: 10 },
        ),
        async (kind, repeats, troubles) => {
          const world = aWorld(kind);
          const first = await rotateSecret(world.driver);
          const token = 'token-of-the-second-rotation-0001';
          world.vault.announce(world.policy.secret, token);
          world.troubles.push(...troubles);
          for (const step of repeats) {
            for (const each of [token, first.token])
              await world.step({ step, secretId: world.policy.secret, token: each }).catch(() => undefined);
            // Where one password works at a time, the new one is the one until it is published.
            if (kind !== 'user') expect(world.published()).toBe(true);
            expect(world.rotator.works.size).toBeGreaterThan(0);
          }
          world.troubles.length = 0;
          const second = await rotateSecret(world.driver, { token });
          expect(second.finished).toBe(true);
          expect(world.labels()).toEqual({ AWSCURRENT: token, AWSPREVIOUS: first.token });
          expect(world.published()).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('publishes nothing that a test has not passed, also where the test is left out', async () => {
    const { driver, step, policy, judged, labels } = aWorld('key');
    judged.passes = false;
    const { token, finished, failed } = await rotateSecret(driver, { tries: 2 });
    expect({ finished, failed }).toEqual({ finished: false, failed: ['testSecret', 'testSecret'] });
    expect(await step({ step: 'finishSecret', secretId: policy.secret, token })).toMatchObject({ ok: false });
    expect(labels()).toEqual({ AWSCURRENT: 'version-0', AWSPENDING: token });
    judged.passes = true;
    expect((await rotateSecret(driver, { token })).finished).toBe(true);
  });

  test('changes nothing where AWSCURRENT does not work', async () => {
    const { driver, rotator } = aWorld('pair');
    rotator.works.set('a', 'changed by hand');
    const { finished } = await rotateSecret(driver, { tries: 1 });
    expect(finished).toBe(false);
    expect([...rotator.works]).toEqual([['a', 'changed by hand']]);
  });

  test('acts on no secret whose owner has not attached it, whoever calls', async () => {
    for (const setting of [
      { functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:another' },
      { functionArn: undefined },
      { enabled: false },
      { name: 'shhh/of-another-team' },
    ]) {
      const { driver, rotator, labels } = aWorld('key', setting);
      // The ARN is another one than the policy's as well, where the name is.
      const secretId = 'name' in setting ? 'shhh/of-another-team' : driver.secretId;
      const answer = await aWorld('key', setting).step({ step: 'createSecret', secretId, token: 't' });
      expect(answer).toMatchObject({ ok: false });
      expect(rotator.works.size).toBe(1);
      expect(labels()).toEqual({ AWSCURRENT: 'version-0' });
    }
  });

  test('keeps out of the way of the workflow', async () => {
    const { step, policy, store, vault } = aWorld('key');
    const { begin } = await import('../../../functions/rotation/domain/rotation.ts');
    const trigger = { kind: 'person', by: 'ann', emergency: false } as const;
    const { name: secret, strategy } = policy;
    await store.write(
      begin(
        {
          secret,
          random: '0'.repeat(32),
          trigger,
          strategy,
          rotator: 'fake',
          consumers: [],
          manualSteps: ['x'],
        },
        undefined,
        0,
      ),
      undefined,
      undefined,
    );
    vault.announce(policy.secret, 'token');
    const answer = await step({ step: 'createSecret', secretId: policy.secret, token: 'token' });
    expect(answer).toMatchObject({ ok: false });
  });
});
