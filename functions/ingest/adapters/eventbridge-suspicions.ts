import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { INGEST_EVENT_SOURCE, LOG_SUSPECT, type LogSuspect } from '../../contracts/ingest-events.ts';
import { addressOf } from '../../contracts/ingest-state.ts';
import { toIso } from '../../kernel/clock.ts';
import type { Suspicions } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 5_000;

/** Tells the bus. */
export function createEventBridgeSuspicions(
  bus: Pick<EventBridgeClient, 'send'>,
  busName: string,
): Suspicions {
  return {
    async raise({ peer, suspicion, observedAt, evidence }) {
      const detail: LogSuspect = {
        version: 1,
        core: peer.core,
        peer: addressOf(peer),
        suspicion,
        observedAt: toIso(observedAt),
        evidence,
      };
      const { Entries = [] } = await bus.send(
        new PutEventsCommand({
          Entries: [
            {
              EventBusName: busName,
              Source: INGEST_EVENT_SOURCE,
              DetailType: LOG_SUSPECT,
              Detail: JSON.stringify(detail),
            },
          ],
        }),
        { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
      );
      const code = Entries[0]?.ErrorCode;
      if (code !== undefined) throw new Error(`The bus refused the event: ${code}.`);
    },
  };
}
