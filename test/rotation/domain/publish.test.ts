import { describe, expect, test } from 'vitest';
import { announcedEvent } from '../../../functions/contracts/announced.ts';
import { rotationChanged } from '../../../functions/contracts/rotation.ts';
import { err, ok } from '../../../functions/kernel/result.ts';
import { createEventBridgeRotations } from '../../../functions/rotation/adapters/eventbridge-rotations.ts';
import { publishChanges } from '../../../functions/kernel/publish-changes.ts';
import { failureOf } from '../../../functions/rotation/domain/rotation-failure.ts';
import { begin, evolve, rotationChange } from '../../../functions/rotation/domain/rotation.ts';

const trigger = { kind: 'person', by: 'ann', emergency: false } as const;
const first = begin(
  {
    ...{ secret: 'orders-db', random: 'ab'.repeat(16), trigger, strategy: 'dual_phase', rotator: 'fake' },
    ...{ consumers: ['orders'], manualSteps: ['Look.'] },
  },
  undefined,
  0,
);
const refused = evolve(first, [{ type: 'moved', move: 'refuse', reason: 'current_broken' }], 1);
const tried = evolve(first, [{ type: 'tried' }], 1);
const record = (sequenceNumber: string, before: typeof first | undefined, after: typeof first) => ({
  ...{ sequenceNumber, pk: 'orders-db' },
  change: ok({ before, after }),
});

describe('what becomes of a rotation', () => {
  test('is told where it has moved, and nowhere else', async () => {
    const told: string[] = [];
    const publisher = {
      publish: (events: readonly { status: string }[]) => {
        told.push(...events.map(({ status }) => status));
        return Promise.resolve(events.map(() => ok(undefined)));
      },
    };
    const outcomes = await publishChanges(
      [
        record('1', undefined, first),
        record('2', first, tried),
        { sequenceNumber: '3', pk: 'x', change: err('unreadable') },
        record('4', tried, refused),
      ],
      rotationChange,
      publisher,
    );
    expect(told).toEqual(['planned', 'refused']);
    expect(outcomes.map(({ published }) => published.ok)).toEqual([true, true, false, true]);
  });

  test('is by the contract, with a failure for those who alert', async () => {
    const event = rotationChange(first, refused);
    expect(rotationChanged.parse(event)).toMatchObject({ status: 'refused', previousStatus: 'planned' });
    const sent: unknown[] = [];
    const bus = {
      send: (command: { input: { Entries?: unknown[] } }) => {
        sent.push(...(command.input.Entries ?? []));
        return Promise.resolve({ Entries: [] });
      },
    };
    if (event === undefined) throw new Error('no event');
    expect(await createEventBridgeRotations(bus, 'bus').publish([event])).toEqual([ok(undefined)]);
    expect(sent).toMatchObject([
      { Source: 'shhh.rotation', DetailType: 'RotationChanged' },
      { Source: 'shhh.rotation', DetailType: 'RotationFailed' },
    ]);
    expect(announcedEvent.parse(failureOf(event))).toMatchObject({
      eventId: `${event.rotationId}-${event.revision}`,
      reason: 'refused: current_broken',
    });
  });

  test('that is left to AWS is no failure', () => {
    const external = evolve(first, [{ type: 'moved', move: 'refuse', reason: 'left_to_aws' }], 1);
    const event = rotationChange(first, external);
    expect(event && failureOf(event)).toBeUndefined();
  });
});
