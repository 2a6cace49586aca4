import type { AnnouncedEvent } from '../../contracts/announced.ts';
import type { RotationChanged } from '../../contracts/rotation.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import type { RotationPublisher } from './ports.ts';
import { rotationChange, type RotationRecord } from './rotation.ts';

/** One change of a rotation, as the table's stream tells it. */
export interface RotationChangeRecord {
  readonly sequenceNumber: string;
  readonly secret: string;
  /** Before and after; the first has no before. Or why it cannot be read. */
  readonly change: Result<
    { readonly before: RotationRecord | undefined; readonly after: RotationRecord },
    string
  >;
}

export interface RotationChangeOutcome {
  readonly sequenceNumber: string;
  readonly secret: string;
  /** The event; undefined where there was nothing to say. */
  readonly published: Result<RotationChanged | undefined, string>;
}

/** What an alert is made of, where a rotation ended without what it was for, or a person is waited for. */
export function failureOf(event: RotationChanged): AnnouncedEvent | undefined {
  const { status, reason, rotationId, revision, changedAt, secret } = event;
  if (!['rolled_back', 'refused', 'failed', 'held'].includes(status)) return undefined;
  // What AWS rotates is left to it: that is no failure.
  if (reason === 'left_to_aws') return undefined;
  return {
    eventId: `${rotationId}-${revision}`,
    at: changedAt,
    rotationId,
    secretType: secret,
    reason: `${status}: ${reason ?? 'unknown'}`,
  };
}

/** Announces every change that can be read, also behind one that cannot. @returns one outcome per record, in their order */
export async function publishRotations(
  records: readonly RotationChangeRecord[],
  publisher: RotationPublisher,
): Promise<readonly RotationChangeOutcome[]> {
  const changes = records.map(({ change }) =>
    change.ok ? ok(rotationChange(change.value.before, change.value.after)) : change,
  );
  const news = changes.flatMap((change) => (change.ok && change.value !== undefined ? [change.value] : []));
  const answers = new Map(
    (await publisher.publish(news)).map((answer, index) => [news[index], answer] as const),
  );
  return records.map(({ sequenceNumber, secret }, index) => {
    const change = changes[index] ?? err('not read');
    if (!change.ok || change.value === undefined) return { sequenceNumber, secret, published: change };
    const answer = answers.get(change.value) ?? err('the bus gave no answer for it');
    return { sequenceNumber, secret, published: answer.ok ? change : answer };
  });
}
