import { z } from 'zod';
import { quarantineItem } from '../../contracts/quarantine.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { describeProblems } from '../../platform/problems.ts';
import { image, readStreamRecords } from '../../platform/table-changes.ts';
import { quarantineCase, type Case } from '../domain/case.ts';
import type { CaseRecord } from '../domain/publish-cases.ts';
import type { FindingRecord } from '../domain/publish-findings.ts';

// Tolerates attributes that a newer writer adds, so that a rolling deployment does not stop the outbox.
const findingImage = image.pipe(z.object(quarantineItem.shape));
const caseImage = image.pipe(quarantineCase);

/**
 * The insertions and deletions among the records of the quarantine's stream, in its order. Changes of an item are none.
 * @param event as Lambda hands it over, with both images
 * @throws Error when it is no DynamoDB stream event at all
 */
export function readFindingRecords(event: unknown): readonly FindingRecord[] {
  return readStreamRecords(event)
    .filter(({ eventName }) => eventName !== 'MODIFY')
    .map(({ eventName, dynamodb }) => {
      const inserted = eventName === 'INSERT';
      const item = findingImage.safeParse(inserted ? dynamodb.NewImage : dynamodb.OldImage);
      const at = dynamodb.ApproximateCreationDateTime * 1000;
      const due = item.success && item.data.expiresAt !== undefined && item.data.expiresAt * 1000 <= at;
      return {
        sequenceNumber: dynamodb.SequenceNumber,
        findingId: item.data?.findingId ?? dynamodb.Keys.pk.S,
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
  return readStreamRecords(event)
    .filter(({ eventName }) => eventName !== 'INSERT')
    .map(({ eventName, dynamodb }) => ({
      sequenceNumber: dynamodb.SequenceNumber,
      caseId: dynamodb.Keys.pk.S,
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
