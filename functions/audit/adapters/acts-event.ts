import { z } from 'zod';
import { describeProblems } from '../../platform/problems.ts';

/** A request that the HTTP API let through, with who made it. */
export interface ActsHttpRequest {
  readonly requestId: string;
  readonly caller: { readonly keyId: string; readonly name: string; readonly requestsPerMinute: number };
  readonly idempotencyKey: string | undefined;
  readonly body: string;
}

/** What the HTTP API answers the caller. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Of the event (payload 2.0), what is needed. */
const apiEvent = z.object({
  headers: z.object({ 'idempotency-key': z.string().optional() }).default({}),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
  requestContext: z.object({
    requestId: z.string(),
    authorizer: z.object({
      lambda: z.object({
        keyId: z.string(),
        name: z.string(),
        requestsPerMinute: z.coerce.number().int().positive(),
      }),
    }),
  }),
});

/** @throws Error when it is no event of an HTTP API with an authorizer: a fault of the deployment, not of the caller */
export function readActsRequest(event: unknown): ActsHttpRequest {
  const parsed = apiEvent.safeParse(event);
  if (!parsed.success) throw new Error(`Not an event of the HTTP API: ${describeProblems(parsed.error)}`);
  const { headers, body, isBase64Encoded, requestContext } = parsed.data;
  return {
    requestId: requestContext.requestId,
    caller: requestContext.authorizer.lambda,
    idempotencyKey: headers['idempotency-key'],
    body: isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body,
  };
}

export function answerJson(
  statusCode: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  return {
    statusCode,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}

/** @param message what is wrong and what to do; quotes nothing of the request */
export const refuseJson = (
  statusCode: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer => answerJson(statusCode, { error: { code, message } }, headers);
