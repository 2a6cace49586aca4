import type { QuarantineItem } from '../../functions/contracts/quarantine.ts';

/** When the changes of these records happened, seconds since the epoch. */
export const CHANGED_AT = Date.parse('2026-11-21T08:30:01.000Z') / 1000;

function toAttribute(value: unknown): unknown {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(toAttribute) };
  return { M: toImage(Object.assign({}, value)) };
}

/** An item in DynamoDB's own notation. */
function toImage(item: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(item).flatMap(([key, value]) => (value === undefined ? [] : [[key, toAttribute(value)]])),
  );
}

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
      OldImage: toImage({ ...before }),
      ...(after && { NewImage: toImage({ ...after }) }),
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
      ...(eventName === 'REMOVE' ? { OldImage: toImage({ ...item }) } : { NewImage: toImage({ ...item }) }),
    },
  };
}
