import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { ANNOUNCED_EVENTS } from '../../contracts/announced.ts';
import type { Deviation } from '../domain/check-integrity.ts';

const REQUEST_DEADLINE_MS = 5_000;
const NAME = 'AuditVerificationFailed';

/** Tells the bus that the log is not what it was. @throws where the bus does not take it */
export function createDeviations(
  bus: Pick<EventBridgeClient, 'send'>,
  EventBusName: string,
): (deviation: Deviation) => Promise<void> {
  return async (deviation) => {
    const entry = {
      EventBusName,
      Source: ANNOUNCED_EVENTS[NAME],
      DetailType: NAME,
      Detail: JSON.stringify(deviation),
    };
    const { Entries = [] } = await bus.send(new PutEventsCommand({ Entries: [entry] }), {
      abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
    });
    const code = Entries[0]?.ErrorCode;
    if (code !== undefined) throw new Error(`The bus refused the event: ${code}.`);
  };
}
