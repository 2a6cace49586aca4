import { err, ok, type Result } from './result.ts';

/** One change of a record, as its table's stream tells it. */
export interface ChangeRecord<T> {
  readonly sequenceNumber: string;
  /** The record's key. */
  readonly pk: string;
  /** Before and after; the first has no before. Or why it cannot be read. */
  readonly change: Result<{ readonly before: T | undefined; readonly after: T }, string>;
}

export interface ChangeOutcome<E> {
  readonly sequenceNumber: string;
  readonly pk: string;
  /** The event; undefined where there was nothing to say. */
  readonly published: Result<E | undefined, string>;
}

/** Puts events on the bus. */
export interface Publisher<E> {
  /** @returns for each event, in their order, whether the bus has accepted it. Does not throw. */
  publish(events: readonly E[]): Promise<readonly Result<void, string>[]>;
}

/**
 * Announces every change that can be read, also behind one that cannot.
 * @param eventOf what is to be said of a change; undefined: nothing
 * @returns one outcome per record, in their order
 */
export async function publishChanges<T, E>(
  records: readonly ChangeRecord<T>[],
  eventOf: (before: T | undefined, after: T) => E | undefined,
  publisher: Publisher<E>,
): Promise<readonly ChangeOutcome<E>[]> {
  const events = records.map(({ change }) =>
    change.ok ? ok(eventOf(change.value.before, change.value.after)) : change,
  );
  const answers = await publisher.publish(
    events.flatMap((event) => (event.ok && event.value !== undefined ? [event.value] : [])),
  );
  let next = 0;
  return records.map(({ sequenceNumber, pk }, index) => {
    const event = events[index] ?? err('not read');
    if (!event.ok || event.value === undefined) return { sequenceNumber, pk, published: event };
    const answer = answers[next++] ?? err('the bus gave no answer for it');
    return { sequenceNumber, pk, published: answer.ok ? event : answer };
  });
}
