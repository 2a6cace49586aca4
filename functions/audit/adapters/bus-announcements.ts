import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  AUDIT_ENTRY_PUBLISHED,
  AUDIT_EVENT_SOURCE,
  type AuditEntryPublished,
} from '../../contracts/audit-published.ts';

const REQUEST_DEADLINE_MS = 8_000;
/** EventBridge takes so many at once; one of these weighs 2 KiB at most. */
const EVENTS_IN_A_REQUEST = 10;

/** Tells of entries on the bus. What was told and has to be told again, because a later one failed, is known by its id. */
export function createBusAnnouncements(
  bus: Pick<EventBridgeClient, 'send'>,
  EventBusName: string,
): (events: readonly AuditEntryPublished[]) => Promise<void> {
  return async (events) => {
    for (let at = 0; at < events.length; at += EVENTS_IN_A_REQUEST) {
      const { FailedEntryCount = 0, Entries } = await bus.send(
        new PutEventsCommand({
          Entries: events.slice(at, at + EVENTS_IN_A_REQUEST).map((event) => ({
            EventBusName,
            Source: AUDIT_EVENT_SOURCE,
            DetailType: AUDIT_ENTRY_PUBLISHED,
            Detail: JSON.stringify(event),
          })),
        }),
        { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
      );
      if (FailedEntryCount > 0)
        throw new Error(
          `PutEvents took all but ${FailedEntryCount}: ${Entries?.find(({ ErrorCode }) => ErrorCode)?.ErrorCode ?? 'unknown'}.`,
        );
    }
  };
}
