import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { announcedEvent, ANNOUNCED_EVENTS } from '../../contracts/announced.ts';
import { ROTATION_CHANGED, ROTATION_EVENT_SOURCE, type RotationChanged } from '../../contracts/rotation.ts';
import type { Publisher } from '../../kernel/publish-changes.ts';
import { createChangeAnnouncer } from '../../platform/change-announcer.ts';
import { failureOf } from '../domain/rotation-failure.ts';

/** Announces changes; a failure goes in the same request as the change that tells of it. */
export const createEventBridgeRotations = (
  bus: Pick<EventBridgeClient, 'send'>,
  busName: string,
): Publisher<RotationChanged> =>
  createChangeAnnouncer(bus, busName, (event) => {
    const failure = failureOf(event);
    return [
      { source: ROTATION_EVENT_SOURCE, type: ROTATION_CHANGED, detail: event },
      ...(failure === undefined
        ? []
        : [
            {
              source: ANNOUNCED_EVENTS.RotationFailed,
              type: 'RotationFailed',
              detail: announcedEvent.parse(failure),
            },
          ]),
    ];
  });
