import { z } from 'zod';
import { quarantineItem } from '../../contracts/quarantine.ts';
import { err, ok } from '../../kernel/result.ts';
import { describeProblems } from '../../platform/problems.ts';
import type { InsertedRecord } from '../domain/publish-findings.ts';

// An item of the quarantine holds scalars only. Other types become undefined: no field of the contract has them.
const attribute = z.union([
  z.object({ S: z.string() }).transform(({ S }) => S),
  z.object({ N: z.string() }).transform(({ N }) => Number(N)),
  z.object({ BOOL: z.boolean() }).transform(({ BOOL }) => BOOL),
  z.unknown().transform(() => undefined),
]);

// Tolerates attributes that a newer writer adds, so that a rolling deployment does not stop the outbox.
const image = z.record(z.string(), attribute).pipe(z.object(quarantineItem.shape));

/** Of AWS's DynamoDB stream event, what is needed here. */
const streamEvent = z.object({
  Records: z.array(
    z.object({
      eventName: z.enum(['INSERT', 'MODIFY', 'REMOVE']),
      dynamodb: z.object({
        SequenceNumber: z.string().min(1),
        Keys: z.object({ pk: z.object({ S: z.string() }) }).optional(),
        NewImage: z.unknown().optional(),
      }),
    }),
  ),
});

/**
 * The insertions among the records of a DynamoDB stream event, in the stream's order. Changes of an item and its
 * deletion, by TTL as well, are no insertions.
 * @param event as Lambda hands it over, with new images
 * @throws Error when it is no DynamoDB stream event at all
 */
export function readInsertions(event: unknown): readonly InsertedRecord[] {
  const parsed = streamEvent.safeParse(event);
  if (!parsed.success) throw new Error(`Not a DynamoDB stream event: ${describeProblems(parsed.error)}`);
  return parsed.data.Records.filter((record) => record.eventName === 'INSERT').map(({ dynamodb }) => {
    const item = image.safeParse(dynamodb.NewImage);
    return {
      sequenceNumber: dynamodb.SequenceNumber,
      findingId: item.data?.findingId ?? dynamodb.Keys?.pk.S ?? 'unknown',
      item: item.success ? ok(item.data) : err(`unreadable item (${describeProblems(item.error)})`),
    };
  });
}
