import { describe, expect, test } from 'vitest';
import { ROTATIONS_FAILED, ROTATIONS_NEED_PEOPLE } from '../../../functions/contracts/metrics.ts';
import type { RotationChanged } from '../../../functions/contracts/rotation.ts';
import { err, ok, type Result } from '../../../functions/kernel/result.ts';
import { begin, evolve, type RotationRecord } from '../../../functions/rotation/domain/rotation.ts';
import { handleRotationChanges } from '../../../functions/rotation/publish-rotations.lambda.ts';
import { publishedChanges } from '../../support/published-changes.ts';
import { streamRecord } from '../../support/stream-record.ts';

const first = begin(
  {
    ...{ secret: 'orders-db', random: 'ab'.repeat(16), strategy: 'dual_phase', rotator: 'fake' },
    trigger: { kind: 'leak', by: 'detection', correlationId: 'c.0.1', emergency: true },
    ...{ consumers: ['orders'], manualSteps: ['Look.'] },
  },
  undefined,
  0,
);
const refused = evolve(first, [{ type: 'moved', move: 'refuse', reason: 'refused_by_provider' }], 1);
const tried = evolve(first, [{ type: 'tried' }], 1);
const held: RotationRecord = { ...first, revision: 9, status: 'held', reason: 'not_acknowledged' };
const promoted: RotationRecord = { ...first, revision: 8, status: 'promoted' };

const change = (number: number, before: RotationRecord | undefined, after: RotationRecord) =>
  streamRecord(`s${number}`, after.pk, before, after);

const publish = (records: readonly unknown[], answer?: (event: RotationChanged) => Result<void, string>) =>
  publishedChanges(handleRotationChanges, records, answer);

describe('changes of rotations', () => {
  test('are told, logged and counted; attempts are nobody’s news', async () => {
    const { response, told, metrics, lines } = await publish([
      change(1, undefined, first),
      change(2, first, tried),
      change(3, tried, refused),
      change(4, promoted, held),
    ]);
    expect(response).toEqual({ batchItemFailures: [] });
    expect(told.map(({ status }) => status)).toEqual(['planned', 'refused', 'held']);
    expect(lines.map(({ level, message, status }) => [level, message, status])).toEqual([
      ['info', 'rotation_changed', 'planned'],
      ['error', 'rotation_changed', 'refused'],
      ['error', 'rotation_changed', 'held'],
    ]);
    expect(lines[0]).toMatchObject({ correlation_id: 'c.0.1', secret: 'orders-db', run: 1, trigger: 'leak' });
    expect(Object.fromEntries(metrics)).toEqual({ [ROTATIONS_FAILED]: 1, [ROTATIONS_NEED_PEOPLE]: 1 });
  });

  test('that the bus refuses come again from there on, and are not counted', async () => {
    const { response, metrics, lines } = await publish(
      [change(1, undefined, first), change(2, first, refused)],
      ({ status }) => (status === 'planned' ? ok(undefined) : err('throttled')),
    );
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: 's2' }] });
    expect(lines.find(({ message }) => message === 'rotation_not_published')).toMatchObject({
      ...{ secret: 'orders-db', sequence_number: 's2', reason: 'throttled' },
    });
    expect(metrics.get(ROTATIONS_FAILED)).toBe(0);
  });
});
