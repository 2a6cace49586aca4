import { z } from 'zod';
import { finding, type Finding } from '../../contracts/finding.ts';
import type { QuarantineItem, SecretQuarantined } from '../../contracts/quarantine.ts';
import { err, ok, type Result } from '../../kernel/result.ts';

/** One insertion into the quarantine, as the table's stream tells it. */
export interface InsertedRecord {
  /** Where the record stands in its shard of the stream; what a retry starts from. */
  readonly sequenceNumber: string;
  /** The item's key; `unknown` where even that cannot be read. */
  readonly findingId: string;
  /** The item, or why it is not one: never its content. */
  readonly item: Result<QuarantineItem, string>;
}

/** What became of one record: the finding that was announced, or why it was not. */
export interface RecordOutcome {
  readonly sequenceNumber: string;
  readonly findingId: string;
  readonly published: Result<Finding, string>;
}

/** Puts findings on the bus. */
export interface FindingPublisher {
  /**
   * @returns for each finding, in the order given, whether the bus has accepted it or why not. Does not throw:
   *   what a call could not deliver is said per finding.
   */
  publish(events: readonly SecretQuarantined[]): Promise<readonly Result<void, string>[]>;
}

// Strips what the contract of an event does not know: an item's review, expiry, and whatever a later version adds.
const eventFields = z.object(finding.shape);

/**
 * The event that a quarantined item is announced by: its finding and nothing else of it. Characters that SQS and SNS
 * refuse (no XML: U+FFFE, U+FFFF, lone surrogates) become U+FFFD, else an agent could call itself something that
 * no alert can be delivered with.
 */
export function toSecretQuarantined(item: QuarantineItem): SecretQuarantined {
  const found = Object.entries(item).map(([key, value]) => [
    key,
    typeof value === 'string' ? value.toWellFormed().replace(/[\uFFFE\uFFFF]/g, '\uFFFD') : value,
  ]);
  return { ...eventFields.parse(Object.fromEntries(found)), version: 1 };
}

/**
 * Announces every record that can be read, also behind one that cannot: an alert must not wait for another record's
 * retries. The price is that records behind a failure are announced again when the stream retries from it, which
 * the readers of the bus expect: it delivers at least once anyway.
 * @returns one outcome per record, in the order of the stream
 */
export async function publishInserted(
  records: readonly InsertedRecord[],
  publisher: FindingPublisher,
): Promise<readonly RecordOutcome[]> {
  const readable = records.flatMap((record) => (record.item.ok ? [record.item.value] : []));
  const answers = await publisher.publish(readable.map(toSecretQuarantined));
  let next = 0;
  return records.map(({ sequenceNumber, findingId, item }) => {
    if (!item.ok) return { sequenceNumber, findingId, published: item };
    const answer = answers[next++] ?? err('the bus gave no answer for it');
    return { sequenceNumber, findingId, published: answer.ok ? ok(item.value) : answer };
  });
}

/** Sequence number that the stream has to retry from: the first record that was not announced. */
export function firstFailure(outcomes: readonly RecordOutcome[]): string | undefined {
  return outcomes.find((outcome) => !outcome.published.ok)?.sequenceNumber;
}
