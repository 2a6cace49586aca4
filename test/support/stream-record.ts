/** Records of a table's stream, as DynamoDB writes them. */

function attribute(value: unknown): unknown {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(attribute) };
  return { M: imageOf(Object.assign({}, value)) };
}

/** An item in DynamoDB's own notation. */
export function imageOf(item: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(item).flatMap(([key, value]) => (value === undefined ? [] : [[key, attribute(value)]])),
  );
}

/** @param before undefined: the item is new */
export const streamRecord = (
  sequenceNumber: string,
  pk: string,
  before: object | undefined,
  after: object,
) => ({
  eventName: before ? 'MODIFY' : 'INSERT',
  dynamodb: {
    ApproximateCreationDateTime: 1_763_700_000,
    SequenceNumber: sequenceNumber,
    Keys: { pk: { S: pk } },
    NewImage: imageOf(after),
    ...(before && { OldImage: imageOf(before) }),
  },
});
