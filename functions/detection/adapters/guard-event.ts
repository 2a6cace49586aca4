import { z } from 'zod';
import { apiEvent, bodyOf, keyAuthorizer, readApiEvent, type KeyCaller } from '../../platform/http-api.ts';

/** A request that the HTTP API let through, with who made it. */
export interface GuardRequest {
  /** e.g. `POST /v1/check` */
  readonly route: string;
  readonly requestId: string;
  readonly caller: KeyCaller;
  readonly body: string;
  readonly ifNoneMatch: string | undefined;
}

/** Of the event, what is needed. */
const guardEvent = apiEvent.extend({
  headers: z.object({ 'if-none-match': z.string().optional() }).default({}),
  requestContext: z.object({ requestId: z.string(), authorizer: keyAuthorizer }),
});

/** @throws Error when it is no event of an HTTP API with an authorizer: a fault of the deployment, not of the caller */
export function readGuardRequest(event: unknown): GuardRequest {
  const read = readApiEvent(guardEvent, event);
  return {
    route: read.routeKey,
    requestId: read.requestContext.requestId,
    caller: read.requestContext.authorizer.lambda,
    body: bodyOf(read).toString('utf8'),
    ifNoneMatch: read.headers['if-none-match'],
  };
}
