/** What may happen to a rotation, and what must hold at its end: shared by the property and by its mutants. */
import fc from 'fast-check';
import { isTerminal } from '../../../functions/rotation/domain/transitions.ts';
import type { takeStep } from '../../../functions/rotation/domain/take-step.ts';
import type { FakeKind, Trouble } from '../../support/fake-rotator.ts';
import { aManagedSecret } from '../../support/rotation-builder.ts';
import { RotationWorld } from '../../support/rotation-world.ts';

const STRATEGY = { key: 'dual_phase', pair: 'alternating_users', user: 'single_user' } as const;

const setting = fc.record({
  kind: fc.constantFrom<FakeKind>('key', 'pair', 'user'),
  permission: fc.constantFrom('passes', 'passes', 'passes', 'fails', 'flickers', 'silent'),
  otherwise: fc.constantFrom('hold', 'go_on', 'roll_back'),
  afterHold: fc.constantFrom('go_on', 'roll_back'),
  oldDies: fc.constantFrom('first', 'last', 'last'),
});

const trouble = fc.constantFrom<Trouble>(
  ...(['none', 'none', 'none', 'none', 'none', 'none'] as const),
  ...(['unavailable', 'unavailable_after', 'throws_before', 'throws_after'] as const),
);
const action = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      index: fc.nat(3),
      duplicate: fc.option(fc.nat(30), { nil: undefined, freq: 2 }),
      troubles: fc.array(trouble, { maxLength: 10 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('consume' as const), who: fc.constantFrom('orders', 'reports') }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'rotate' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leak' as const), number: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'revoke' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'overtake' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('put_back' as const),
      at: fc.constantFrom('promoted' as const, 'acknowledged' as const, 'in_use' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('person' as const),
      what: fc.constantFrom('go_on' as const, 'roll_back' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1_000, 12_000, 76_000, 3_600_000),
    }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

async function act(world: RotationWorld, each: Action): Promise<void> {
  switch (each.do) {
    case 'advance':
      return world.advance(each.index, each.duplicate, each.troubles);
    case 'consume':
      return world.consume(each.who);
    case 'rotate':
      return world.rotate();
    case 'leak':
      return world.rotate(
        { kind: 'leak', by: 'detection', emergency: true, findingId: `finding-${each.number}` },
        world.vault.of(world.policy.secret).labels.get('AWSCURRENT'),
      );
    case 'revoke':
      world.revoke();
      return;
    case 'overtake':
      world.overtake();
      return;
    case 'put_back':
      world.putBackAt = each.at;
      return;
    case 'person':
      return world.person(each.what);
    case 'wait':
      world.nowMs += each.ms;
  }
}

/** @throws Error saying what does not hold */
function mustHold(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

function checkEnd(world: RotationWorld, disturbed: boolean): void {
  const { record } = world;
  mustHold(world.violations.length === 0, world.violations.join('; '));
  if (record === undefined) throw new Error('there was no rotation');
  mustHold(isTerminal(record.status), `it is ${record.status}`);
  for (const { ended } of world.executions.values()) mustHold(ended === 'succeeded', `a run has ${ended}`);
  mustHold(world.rotator.removedAlive.length === 0, 'what was retired was removed before it was dead');
  const { labels, versions } = world.vault.of(world.policy.secret);
  const current = labels.get('AWSCURRENT');
  const live = (versionId: string | undefined) => {
    const text = versions.get(versionId ?? '');
    return text !== undefined && world.rotator.isLive(text);
  };
  if (record.status === 'completed') {
    if (!disturbed) {
      mustHold(current === record.toVersion, 'another version is published than the new one');
      mustHold(live(current), 'the new one does not work');
    }
    mustHold(!live(record.fromVersion), 'the old one lives');
    mustHold(record.endedAt !== undefined, 'when it ended is not known');
  } else {
    mustHold(record.reason !== undefined || record.status === 'rolled_back', 'nobody knows why');
    mustHold(record.manualSteps.length > 0, 'nobody knows what to do');
  }
  if (record.status === 'rolled_back') {
    mustHold(current !== record.toVersion, 'what was taken back is published');
    mustHold(!live(record.toVersion) || record.toVersion === current, 'what was taken back lives');
    if (!disturbed) mustHold(live(current), 'after going back, what is published does not work');
  }
  if (['completed', 'rolled_back'].includes(record.status)) {
    mustHold(labels.get('AWSPENDING') !== record.toVersion, 'the new one is still pending');
    if (!disturbed) mustHold(world.rotator.works.size === 1, `${world.rotator.works.size} credentials work`);
  }
  for (const execution of world.executions.values())
    for (const { data } of execution.history)
      mustHold(!/password-/.test(JSON.stringify(data)), 'a secret is in the history');
  mustHold(!/password-/.test(JSON.stringify(world.store.written)), 'a secret is in the record');
}

/** Any interleaving of steps, failures, retries, duplicates, triggers, people and time. */
export function rotationModel(steps?: typeof takeStep) {
  return fc.asyncProperty(
    setting,
    fc.array(action, { minLength: 10, maxLength: 120, size: 'max' }),
    async (given, actions) => {
      const policy = aManagedSecret({
        strategy: STRATEGY[given.kind],
        acknowledge: { within: '2m', otherwise: given.otherwise, hold: '1h', afterHold: given.afterHold },
        onLeak: {
          ...{ rotate: true, oldDies: given.oldDies, tests: ['signs-in'] },
          ...{ acknowledge: '10s', otherwise: 'go_on', grace: '0s' },
        },
      });
      const world = new RotationWorld({
        kind: given.kind,
        permission: given.permission,
        policy,
        ...(steps && { steps }),
      });
      await world.rotate();
      for (const each of actions) await act(world, each);
      await world.settle();
      const disturbed = actions.some((each) => ['overtake', 'put_back', 'leak', 'revoke'].includes(each.do));
      checkEnd(world, disturbed);
    },
  );
}
