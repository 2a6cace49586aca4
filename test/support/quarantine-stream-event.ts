import type { QuarantineItem } from '../../functions/contracts/quarantine.ts';

/** An item in DynamoDB's own notation. */
function toImage(item: Record<string, unknown>): Record<string, unknown> {
  const image: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(item)) {
    if (typeof value === 'string') image[key] = { S: value };
    else if (typeof value === 'number') image[key] = { N: String(value) };
    else if (typeof value === 'boolean') image[key] = { BOOL: value };
    else if (value !== undefined) image[key] = { M: {} };
  }
  return image;
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
