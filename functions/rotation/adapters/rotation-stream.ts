import type { ChangeRecord } from '../../kernel/publish-changes.ts';
import { readTableChanges } from '../../platform/table-changes.ts';
import { rotationRecord, type RotationRecord } from '../domain/rotation.ts';

/** The changes of rotations among the records of the table's stream, in its order; what is history is none. */
export const readRotationChanges = (event: unknown): readonly ChangeRecord<RotationRecord>[] =>
  readTableChanges(event, rotationRecord, (pk) => !pk.startsWith('rot_'));
