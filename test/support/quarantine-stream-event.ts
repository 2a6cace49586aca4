import type { QuarantineItem } from '../../functions/contracts/quarantine.ts';

/** An item in DynamoDB's own notation. */
export function toImage(item: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(item)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => {
        if (typeof value === 'string') return [key, { S: value }];
        if (typeof value === 'number') return [key, { N: String(value) }];
        if (typeof value === 'boolean') return [key, { BOOL: value }];
        return [key, { M: {} }];
      }),
  );
}

export interface StreamRecord {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly dynamodb: Record<string, unknown>;
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
      Keys: { pk: { S: String('pk' in item ? item.pk : 'none') } },
      ...(eventName === 'REMOVE' ? { OldImage: toImage({ ...item }) } : { NewImage: toImage({ ...item }) }),
    },
  };
}
