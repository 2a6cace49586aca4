import { z } from 'zod';
import { finding } from '../../contracts/finding.ts';
import {
  FINDING_EXPIRED,
  SECRET_QUARANTINED,
  type FindingExpired,
  type QuarantineItem,
  type SecretQuarantined,
} from '../../contracts/quarantine.ts';
import { toIso } from '../../kernel/clock.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { caseOf, type Case } from './case.ts';
import type { CaseCounter } from './case-book.ts';
import { deliverable, type EventPublisher, type QuarantineEvent, type RecordOutcome } from './publish.ts';

/** One insertion into the quarantine, or one deletion, as the table's stream tells it. */
export interface FindingRecord {
  readonly sequenceNumber: string;
  /** The item's key; `unknown` where even that cannot be read. */
  readonly findingId: string;
  readonly change: 'inserted' | 'expired' | 'deleted';
  /** When, epoch milliseconds. */
  readonly at: number;
  /** The item as it is or was, or why it is none: never its content. */
  readonly item: Result<QuarantineItem, string>;
}

export interface FindingOutcome extends RecordOutcome<QuarantineItem> {
  readonly findingId: string;
  readonly change: FindingRecord['change'];
}

// Strips what the contract of an event does not know: an item's review, expiry, and whatever a later version adds.
const eventFields = z.object(finding.shape);

/** The event that a quarantined item is announced by: its finding, its case, and nothing else of it. */
export function toSecretQuarantined(item: QuarantineItem, counted?: Case): SecretQuarantined {
  const found = Object.entries(item).map(([key, value]) => [
    key,
    typeof value === 'string' ? deliverable(value) : value,
  ]);
  return {
    ...eventFields.parse(Object.fromEntries(found)),
    version: 1,
    ...(counted && { case: caseOf(counted, item) }),
    ...(item.stage && { stage: item.stage }),
  };
}

/** The tombstone of a deleted item: which it was and why it is gone, and none of its content. */
function toFindingExpired(
  item: QuarantineItem,
  cause: FindingExpired['cause'],
  deletedAtMs: number,
): FindingExpired {
  const { findingId, caseId, correlationId, core, fork, position, rule, secretType, severity } = item;
  const { fingerprint, detectedAt, status, reviewer, reviewedAt, expiresAt } = item;
  return {
    version: 1,
    findingId,
    ...(caseId !== undefined && { caseId }),
    ...{ correlationId, core, fork, position, rule, secretType, severity, fingerprint, detectedAt },
    ...(expiresAt !== undefined && { dueAt: toIso(expiresAt * 1000) }),
    deletedAt: toIso(deletedAtMs),
    cause,
    status,
    ...(reviewer !== undefined && { reviewer: deliverable(reviewer) }),
    ...(reviewedAt !== undefined && { reviewedAt }),
  };
}

/**
 * Counts every inserted finding into its case, then announces every record that can be read, also behind one that
 * cannot: an alert must not wait for another record's retries. The price is that records behind a failure are
 * announced again when the stream retries from it, which the readers of the bus expect: it delivers at least once
 * anyway. Counting again changes nothing.
 * @returns one outcome per record, in the order of the stream
 */
export async function publishFindings(
  records: readonly FindingRecord[],
  { counter, publisher }: { readonly counter: CaseCounter; readonly publisher: EventPublisher },
): Promise<readonly FindingOutcome[]> {
  const cases = await countAll(records, counter);
  const events = records.map((record) => eventOf(record, cases));
  const answers = await publisher.publish(events.flatMap((event) => (event.ok ? [event.value] : [])));
  let next = 0;
  return records.map(({ sequenceNumber, findingId, change, item }, index) => {
    const event = events[index];
    const outcome = { sequenceNumber, findingId, change };
    if (!event?.ok || !item.ok)
      return { ...outcome, published: event?.ok === false ? event : err('unreadable item') };
    const answer = answers[next++] ?? err('the bus gave no answer for it');
    return { ...outcome, published: answer.ok ? item : answer };
  });
}

type Counted = ReadonlyMap<string, Result<Case | undefined, string>>;

/** Cases by fingerprint. One case's findings are counted one after the other, different cases beside each other. */
async function countAll(records: readonly FindingRecord[], counter: CaseCounter): Promise<Counted> {
  const inserted = records.flatMap(({ change, item }) =>
    change === 'inserted' && item.ok ? [item.value] : [],
  );
  const groups = [...Map.groupBy(inserted, ({ fingerprint }) => fingerprint)];
  const counted = new Map<string, Result<Case | undefined, string>>();
  for (let at = 0; at < groups.length; at += CONCURRENT_CASES)
    await Promise.all(
      groups.slice(at, at + CONCURRENT_CASES).map(async ([fingerprint, items]) => {
        counted.set(fingerprint, await attempt(() => counter.count(items)));
      }),
    );
  return counted;
}

const CONCURRENT_CASES = 10;

async function attempt<T>(act: () => Promise<T>): Promise<Result<T, string>> {
  try {
    return ok(await act());
  } catch (error) {
    return err(`not counted: ${error instanceof Error ? error.name : 'unknown error'}`);
  }
}

function eventOf({ change, at, item }: FindingRecord, cases: Counted): Result<QuarantineEvent, string> {
  if (!item.ok) return item;
  if (change !== 'inserted')
    return ok({ type: FINDING_EXPIRED, detail: toFindingExpired(item.value, change, at) });
  const counted = cases.get(item.value.fingerprint) ?? err('not counted');
  if (!counted.ok) return counted;
  return ok({ type: SECRET_QUARANTINED, detail: toSecretQuarantined(item.value, counted.value) });
}
