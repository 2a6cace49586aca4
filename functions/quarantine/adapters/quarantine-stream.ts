import { z } from 'zod';
import { quarantineItem } from '../../contracts/quarantine.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { describeProblems } from '../../platform/problems.ts';
import { quarantineCase, type Case } from '../domain/case.ts';
import type { CaseRecord } from '../domain/publish-cases.ts';
import type { FindingRecord } from '../domain/publish-findings.ts';

// Types that no item of ours has become undefined: no field of a contract has them.
const attribute: z.ZodType = z.union([
  z.object({ S: z.string() }).transform(({ S }) => S),
  z.object({ N: z.string() }).transform(({ N }) => Number(N)),
  z.object({ BOOL: z.boolean() }).transform(({ BOOL }) => BOOL),
  z.object({ L: z.lazy(() => z.array(attribute)) }).transform(({ L }) => L),
  z.object({ M: z.lazy(() => z.record(z.string(), attribute)) }).transform(({ M }) => M),
  z.unknown().transform(() => undefined),
]);
const attributes = z.record(z.string(), attribute);

// Tolerates attributes that a newer writer adds, so that a rolling deployment does not stop the outbox.
const findingImage = attributes.pipe(z.object(quarantineItem.shape));
const caseImage = attributes.pipe(quarantineCase);

/** Of AWS's DynamoDB stream event, what is needed here. */
const streamEvent = z.object({
  Records: z.array(
    z.object({
      eventName: z.enum(['INSERT', 'MODIFY', 'REMOVE']),
      dynamodb: z.object({
        SequenceNumber: z.string().min(1),
        /** Seconds since the epoch. */
        ApproximateCreationDateTime: z.number().positive(),
        Keys: z.object({ pk: z.object({ S: z.string() }) }).optional(),
        NewImage: z.unknown().optional(),
        OldImage: z.unknown().optional(),
      }),
    }),
  ),
});

/**
 * The insertions and deletions among the records of the quarantine's stream, in its order. Changes of an item are none.
 * @param event as Lambda hands it over, with both images
 * @throws Error when it is no DynamoDB stream event at all
 */
export function readFindingRecords(event: unknown): readonly FindingRecord[] {
  return read(event)
    .filter(({ eventName }) => eventName !== 'MODIFY')
    .map(({ eventName, dynamodb }) => {
      const inserted = eventName === 'INSERT';
      const item = findingImage.safeParse(inserted ? dynamodb.NewImage : dynamodb.OldImage);
      const at = dynamodb.ApproximateCreationDateTime * 1000;
      const due = item.success && item.data.expiresAt !== undefined && item.data.expiresAt * 1000 <= at;
      return {
        sequenceNumber: dynamodb.SequenceNumber,
        findingId: item.data?.findingId ?? dynamodb.Keys?.pk.S ?? 'unknown',
        change: inserted ? 'inserted' : due ? 'expired' : 'deleted',
        at,
        item: item.success ? ok(item.data) : err(`unreadable item (${describeProblems(item.error)})`),
      };
    });
}

/**
 * The changes and deletions among the records of the cases' stream, in its order.
 * @throws Error when it is no DynamoDB stream event at all
 */
export function readCaseRecords(event: unknown): readonly CaseRecord[] {
  return read(event)
    .filter(({ eventName }) => eventName !== 'INSERT')
    .map(({ eventName, dynamodb }) => ({
      sequenceNumber: dynamodb.SequenceNumber,
      caseId: dynamodb.Keys?.pk.S ?? 'unknown',
      at: dynamodb.ApproximateCreationDateTime * 1000,
      change: caseChangeIn(dynamodb.OldImage, eventName === 'REMOVE' ? undefined : dynamodb.NewImage),
    }));
}

function caseChangeIn(
  oldImage: unknown,
  newImage: unknown,
): Result<{ before: Case; after: Case | undefined }, string> {
  const before = caseImage.safeParse(oldImage);
  if (!before.success) return err(`unreadable case (${describeProblems(before.error)})`);
  if (newImage === undefined) return ok({ before: before.data, after: undefined });
  const after = caseImage.safeParse(newImage);
  return after.success
    ? ok({ before: before.data, after: after.data })
    : err(`unreadable case (${describeProblems(after.error)})`);
}

function read(event: unknown) {
  const parsed = streamEvent.safeParse(event);
  if (!parsed.success) throw new Error(`Not a DynamoDB stream event: ${describeProblems(parsed.error)}`);
  return parsed.data.Records;
}
