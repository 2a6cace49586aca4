import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  REVOCATION_CHANGED,
  REVOCATION_EVENT_SOURCE as source,
  SECRET_REVOKED,
  type RevocationChanged,
} from '../../contracts/revocation.ts';
import type { Publisher } from '../../kernel/publish-changes.ts';
import { createChangeAnnouncer } from '../../platform/change-announcer.ts';
import { deathOf } from '../domain/revocation.ts';

/** Announces changes; a death is told by an event of its own besides. */
export const createEventBridgeRevocations = (
  bus: Pick<EventBridgeClient, 'send'>,
  busName: string,
): Publisher<RevocationChanged> =>
  createChangeAnnouncer(bus, busName, (event) => {
    const death = deathOf(event);
    return [
      { source, type: REVOCATION_CHANGED, detail: event },
      ...(death === undefined ? [] : [{ source, type: SECRET_REVOKED, detail: death }]),
    ];
  });
