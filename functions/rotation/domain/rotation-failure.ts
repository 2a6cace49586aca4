import type { AnnouncedEvent } from '../../contracts/announced.ts';
import type { RotationChanged } from '../../contracts/rotation.ts';

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
