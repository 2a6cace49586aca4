import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  REVOCATION_CHANGED,
  REVOCATION_EVENT_SOURCE,
  type RevocationChanged,
} from '../../contracts/revocation.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import type { RevocationPublisher } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 8_000;

/** Announces on a bus of this account, one request an event: there are few, and each stands for itself. */
export function createEventBridgeRevocations(
  bus: Pick<EventBridgeClient, 'send'>,
  busName: string,
): RevocationPublisher {
  async function one(event: RevocationChanged): Promise<Result<void, string>> {
    const entry = {
      EventBusName: busName,
      Source: REVOCATION_EVENT_SOURCE,
      DetailType: REVOCATION_CHANGED,
      Detail: JSON.stringify(event),
    };
    try {
      const { Entries = [] } = await bus.send(new PutEventsCommand({ Entries: [entry] }), {
        abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
      });
      const code = Entries[0]?.ErrorCode;
      return code === undefined ? ok(undefined) : err(`PutEvents: ${code}`);
    } catch (error) {
      return err(`PutEvents: ${error instanceof Error ? error.name : 'unknown error'}`);
    }
  }
  return { publish: (events) => Promise.all(events.map(one)) };
}
