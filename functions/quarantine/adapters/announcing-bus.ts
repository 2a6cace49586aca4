import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { setTimeout as wait } from 'node:timers/promises';
import type { EventPublisher } from '../domain/publish.ts';
import { createEventBridgePublisher } from './eventbridge-publisher.ts';

/** Of one request, the SDK's own retries included: three of them fit a publisher's 30 s. */
const REQUEST_DEADLINE_MS = 8_000;

/** The publisher on a bus of this account. */
export function announcingBus(bus: Pick<EventBridgeClient, 'send'>, busName: string): EventPublisher {
  return createEventBridgePublisher({
    busName,
    putEvents: (Entries) =>
      bus.send(new PutEventsCommand({ Entries }), { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) }),
    wait: (milliseconds) => wait(milliseconds),
  });
}
