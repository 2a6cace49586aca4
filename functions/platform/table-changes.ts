/** Changes of a table's records, as its stream tells them. */
import { z } from 'zod';
import type { ChangeRecord } from '../kernel/publish-changes.ts';
import { err, ok } from '../kernel/result.ts';
import { describeProblems } from './problems.ts';

// Types that no item of ours has become undefined: no field of a record has them.
const attribute: z.ZodType = z.union([
  z.object({ S: z.string() }).transform(({ S }) => S),
  z.object({ N: z.string() }).transform(({ N }) => Number(N)),
  z.object({ BOOL: z.boolean() }).transform(({ BOOL }) => BOOL),
  z.object({ L: z.lazy(() => z.array(attribute)) }).transform(({ L }) => L),
  z.object({ M: z.lazy(() => z.record(z.string(), attribute)) }).transform(({ M }) => M),
  z.unknown().transform(() => undefined),
]);

/** An item as a stream's image holds it. */
export const image = z.record(z.string(), attribute);

/** Of AWS's DynamoDB stream event, what is needed here. */
const streamEvent = z.object({
  Records: z.array(
    z.object({
      eventName: z.enum(['INSERT', 'MODIFY', 'REMOVE']),
      dynamodb: z.object({
        SequenceNumber: z.string().min(1),
        /** Seconds since the epoch. */
        ApproximateCreationDateTime: z.number().positive(),
        Keys: z.object({ pk: z.object({ S: z.string() }) }),
        NewImage: z.unknown().optional(),
        OldImage: z.unknown().optional(),
      }),
    }),
  ),
});

/**
 * The changes among the records of a table's stream, in its order.
 * @param isRecord whether the item of a key is such a record; a table may hold others
 * @throws Error when it is no DynamoDB stream event at all
 */
export function readTableChanges<T>(
  event: unknown,
  schema: z.ZodType<T>,
  isRecord: (pk: string) => boolean,
): readonly ChangeRecord<T>[] {
  return readStreamRecords(event)
    .filter(({ eventName, dynamodb }) => eventName !== 'REMOVE' && isRecord(dynamodb.Keys.pk.S))
    .map(({ dynamodb }) => ({
      sequenceNumber: dynamodb.SequenceNumber,
      pk: dynamodb.Keys.pk.S,
      change: changeOf(schema, dynamodb.OldImage, dynamodb.NewImage),
    }));
}

/** A stream's records with their images unread. @throws Error when it is no DynamoDB stream event at all */
export function readStreamRecords(event: unknown): z.infer<typeof streamEvent>['Records'] {
  const parsed = streamEvent.safeParse(event);
  if (!parsed.success) throw new Error(`Not a DynamoDB stream event: ${describeProblems(parsed.error)}`);
  return parsed.data.Records;
}

function changeOf<T>(schema: z.ZodType<T>, oldImage: unknown, newImage: unknown): ChangeRecord<T>['change'] {
  const after = schema.safeParse(image.safeParse(newImage).data);
  if (!after.success) return err(`unreadable record (${describeProblems(after.error)})`);
  if (oldImage === undefined) return ok({ before: undefined, after: after.data });
  const before = schema.safeParse(image.safeParse(oldImage).data);
  return before.success
    ? ok({ before: before.data, after: after.data })
    : err(`unreadable record (${describeProblems(before.error)})`);
}
