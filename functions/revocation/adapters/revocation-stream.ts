import { z } from 'zod';
import { err, ok, type Result } from '../../kernel/result.ts';
import { describeProblems } from '../../platform/problems.ts';
import type { ChangeRecord } from '../domain/publish-revocations.ts';
import { revocationRecord, type RevocationRecord } from '../domain/revocation.ts';

// Types that no item of ours has become undefined: no field of a record has them.
const attribute: z.ZodType = z.union([
  z.object({ S: z.string() }).transform(({ S }) => S),
  z.object({ N: z.string() }).transform(({ N }) => Number(N)),
  z.object({ BOOL: z.boolean() }).transform(({ BOOL }) => BOOL),
  z.object({ L: z.lazy(() => z.array(attribute)) }).transform(({ L }) => L),
  z.object({ M: z.lazy(() => z.record(z.string(), attribute)) }).transform(({ M }) => M),
  z.unknown().transform(() => undefined),
]);
const image = z.record(z.string(), attribute).pipe(revocationRecord);

/** Of AWS's DynamoDB stream event, what is needed here. */
const streamEvent = z.object({
  Records: z.array(
    z.object({
      eventName: z.enum(['INSERT', 'MODIFY', 'REMOVE']),
      dynamodb: z.object({
        SequenceNumber: z.string().min(1),
        Keys: z.object({ pk: z.object({ S: z.string() }) }),
        NewImage: z.unknown().optional(),
        OldImage: z.unknown().optional(),
      }),
    }),
  ),
});

/**
 * The changes of revocations among the records of the table's stream, in its order; the limit's item is none.
 * @throws Error when it is no DynamoDB stream event at all
 */
export function readChangeRecords(event: unknown): readonly ChangeRecord[] {
  const parsed = streamEvent.safeParse(event);
  if (!parsed.success) throw new Error(`Not a DynamoDB stream event: ${describeProblems(parsed.error)}`);
  return parsed.data.Records.filter(
    ({ eventName, dynamodb }) => eventName !== 'REMOVE' && dynamodb.Keys.pk.S.startsWith('case_'),
  ).map(({ dynamodb }) => ({
    sequenceNumber: dynamodb.SequenceNumber,
    caseId: dynamodb.Keys.pk.S,
    change: changeOf(dynamodb.OldImage, dynamodb.NewImage),
  }));
}

function changeOf(
  oldImage: unknown,
  newImage: unknown,
): Result<{ before: RevocationRecord | undefined; after: RevocationRecord }, string> {
  const after = image.safeParse(newImage);
  if (!after.success) return err(`unreadable revocation (${describeProblems(after.error)})`);
  if (oldImage === undefined) return ok({ before: undefined, after: after.data });
  const before = image.safeParse(oldImage);
  return before.success
    ? ok({ before: before.data, after: after.data })
    : err(`unreadable revocation (${describeProblems(before.error)})`);
}
