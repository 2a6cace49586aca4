import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { Publisher } from '../kernel/publish-changes.ts';
import { err, ok, type Result } from '../kernel/result.ts';

const REQUEST_DEADLINE_MS = 8_000;

/** One entry on the bus. */
export interface Announcement {
  readonly source: string;
  readonly type: string;
  readonly detail: object;
}

/**
 * Announces on a bus of this account, one request a change: there are few, and each stands for itself.
 * @param announcementsOf all that one change says, in one request: where a part of it is refused, all is said again
 */
export function createChangeAnnouncer<E>(
  bus: Pick<EventBridgeClient, 'send'>,
  busName: string,
  announcementsOf: (event: E) => readonly Announcement[],
): Publisher<E> {
  async function announce(event: E): Promise<Result<void, string>> {
    const Entries = announcementsOf(event).map(({ source, type, detail }) => ({
      EventBusName: busName,
      Source: source,
      DetailType: type,
      Detail: JSON.stringify(detail),
    }));
    try {
      const answer = await bus.send(new PutEventsCommand({ Entries }), {
        abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
      });
      const code = answer.Entries?.find(({ ErrorCode }) => ErrorCode !== undefined)?.ErrorCode;
      return code === undefined ? ok(undefined) : err(`PutEvents: ${code}`);
    } catch (error) {
      return err(`PutEvents: ${error instanceof Error ? error.name : 'unknown error'}`);
    }
  }
  return { publish: (events) => Promise.all(events.map(announce)) };
}
