import { readTableChanges } from '../../platform/table-changes.ts';
import type { RotationChangeRecord } from '../domain/publish-rotations.ts';
import { rotationRecord } from '../domain/rotation.ts';

/** The changes of rotations among the records of the table's stream, in its order; what is history is none. */
export function readRotationChanges(event: unknown): readonly RotationChangeRecord[] {
  return readTableChanges(event, rotationRecord, (pk) => !pk.startsWith('rot_')).map(({ pk, ...change }) => ({
    secret: pk,
    ...change,
  }));
}
