import type { QuarantineItem } from '../../functions/contracts/quarantine.ts';
import { imageOf } from './stream-record.ts';

/** When the changes of these records happened, seconds since the epoch. */
export const CHANGED_AT = Date.parse('2026-11-21T08:30:01.000Z') / 1000;

export interface StreamRecord {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly dynamodb: Record<string, unknown>;
}

/** A case as it was and as it is now. */
export function moved(before: object, after: object | undefined, sequenceNumber: string): StreamRecord {
  return {
    eventName: after === undefined ? 'REMOVE' : 'MODIFY',
    dynamodb: {
      SequenceNumber: sequenceNumber,
      ApproximateCreationDateTime: CHANGED_AT,
      Keys: { pk: { S: 'pk' in before ? String(before.pk) : 'none' } },
      OldImage: imageOf({ ...before }),
      ...(after && { NewImage: imageOf({ ...after }) }),
    },
  };
}

export function inserted(
  item: QuarantineItem | Record<string, unknown>,
  sequenceNumber: string,
): StreamRecord {
  return changed('INSERT', item, sequenceNumber);
}

export function changed(
  eventName: StreamRecord['eventName'],
  item: QuarantineItem | Record<string, unknown>,
  sequenceNumber: string,
): StreamRecord {
  return {
    eventName,
    dynamodb: {
      SequenceNumber: sequenceNumber,
      ApproximateCreationDateTime: CHANGED_AT,
      Keys: { pk: { S: String('pk' in item ? item.pk : 'none') } },
      ...(eventName === 'REMOVE' ? { OldImage: imageOf({ ...item }) } : { NewImage: imageOf({ ...item }) }),
    },
  };
}
