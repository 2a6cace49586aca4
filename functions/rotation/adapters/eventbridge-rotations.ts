import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { announcedEvent, ANNOUNCED_EVENTS } from '../../contracts/announced.ts';
import { ROTATION_CHANGED, ROTATION_EVENT_SOURCE, type RotationChanged } from '../../contracts/rotation.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { failureOf } from '../domain/publish-rotations.ts';
import type { RotationPublisher } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 8_000;

/** Announces on a bus of this account; a failure goes in the same request as the change that tells of it. */
export function createEventBridgeRotations(
  bus: Pick<EventBridgeClient, 'send'>,
  busName: string,
): RotationPublisher {
  async function one(event: RotationChanged): Promise<Result<void, string>> {
    const entry = (Source: string, DetailType: string, detail: unknown) => ({
      EventBusName: busName,
      Source,
      DetailType,
      Detail: JSON.stringify(detail),
    });
    const failure = failureOf(event);
    const Entries = [
      entry(ROTATION_EVENT_SOURCE, ROTATION_CHANGED, event),
      ...(failure
        ? [entry(ANNOUNCED_EVENTS.RotationFailed, 'RotationFailed', announcedEvent.parse(failure))]
        : []),
    ];
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
  return { publish: (events) => Promise.all(events.map(one)) };
}
