import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  REVOCATION_CHANGED,
  REVOCATION_EVENT_SOURCE,
  SECRET_REVOKED,
  type RevocationChanged,
} from '../../contracts/revocation.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import type { RevocationPublisher } from '../domain/ports.ts';
import { deathOf } from '../domain/revocation.ts';

const REQUEST_DEADLINE_MS = 8_000;

/** Announces on a bus of this account, one request a change: there are few, and each stands for itself; a death is told by an event of its own besides. */
export function createEventBridgeRevocations(
  bus: Pick<EventBridgeClient, 'send'>,
  busName: string,
): RevocationPublisher {
  async function one(event: RevocationChanged): Promise<Result<void, string>> {
    const entry = (DetailType: string, detail: object) => ({
      EventBusName: busName,
      Source: REVOCATION_EVENT_SOURCE,
      DetailType,
      Detail: JSON.stringify(detail),
    });
    const death = deathOf(event);
    const entries = [
      entry(REVOCATION_CHANGED, event),
      ...(death === undefined ? [] : [entry(SECRET_REVOKED, death)]),
    ];
    try {
      const { Entries = [] } = await bus.send(new PutEventsCommand({ Entries: entries }), {
        abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
      });
      const code = Entries.find(({ ErrorCode }) => ErrorCode !== undefined)?.ErrorCode;
      return code === undefined ? ok(undefined) : err(`PutEvents: ${code}`);
    } catch (error) {
      return err(`PutEvents: ${error instanceof Error ? error.name : 'unknown error'}`);
    }
  }
  return { publish: (events) => Promise.all(events.map(one)) };
}
