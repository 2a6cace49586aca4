import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { ALERT_DELIVERED, ALERTS_EVENT_SOURCE, type AlertDelivered } from '../../contracts/alerts.ts';

const REQUEST_DEADLINE_MS = 5_000;

/** Tells the bus that a channel has accepted a message. @throws where the bus does not take it */
export function createDeliveries(
  bus: Pick<EventBridgeClient, 'send'>,
  EventBusName: string,
): (delivered: AlertDelivered) => Promise<void> {
  return async (delivered) => {
    const entry = {
      EventBusName,
      Source: ALERTS_EVENT_SOURCE,
      DetailType: ALERT_DELIVERED,
      Detail: JSON.stringify(delivered),
    };
    const { Entries = [] } = await bus.send(new PutEventsCommand({ Entries: [entry] }), {
      abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS),
    });
    const code = Entries[0]?.ErrorCode;
    if (code !== undefined) throw new Error(`The bus refused the event: ${code}.`);
  };
}
