import { z } from 'zod';
import { apiEvent, bodyOf, keyAuthorizer, readApiEvent, type KeyCaller } from '../../platform/http-api.ts';

/** A request that the HTTP API let through, with who made it. */
export interface ActsHttpRequest {
  readonly requestId: string;
  readonly caller: KeyCaller;
  readonly idempotencyKey: string | undefined;
  readonly body: string;
}

/** Of the event, what is needed. */
const actsEvent = apiEvent.omit({ routeKey: true }).extend({
  headers: z.object({ 'idempotency-key': z.string().optional() }).default({}),
  requestContext: z.object({ requestId: z.string(), authorizer: keyAuthorizer }),
});

/** @throws Error when it is no event of an HTTP API with an authorizer: a fault of the deployment, not of the caller */
export function readActsRequest(event: unknown): ActsHttpRequest {
  const read = readApiEvent(actsEvent, event);
  return {
    requestId: read.requestContext.requestId,
    caller: read.requestContext.authorizer.lambda,
    idempotencyKey: read.headers['idempotency-key'],
    body: bodyOf(read).toString('utf8'),
  };
}
