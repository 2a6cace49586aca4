import { z } from 'zod';
import { describeProblems } from '../../platform/problems.ts';
import type { GuardCaller } from '../domain/guard-keys.ts';

/** A request that the HTTP API let through, with who made it. */
export interface ApiRequest {
  /** e.g. `POST /v1/check` */
  readonly route: string;
  readonly requestId: string;
  readonly caller: GuardCaller;
  readonly body: string;
  readonly ifNoneMatch: string | undefined;
}

/** What the HTTP API answers the caller. */
export interface ApiResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Of the event (payload 2.0), what is needed. */
const apiEvent = z.object({
  routeKey: z.string(),
  headers: z.object({ 'if-none-match': z.string().optional() }).default({}),
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
export function readApiRequest(event: unknown): ApiRequest {
  const parsed = apiEvent.safeParse(event);
  if (!parsed.success) throw new Error(`Not an event of the HTTP API: ${describeProblems(parsed.error)}`);
  const { routeKey, headers, body, isBase64Encoded, requestContext } = parsed.data;
  return {
    route: routeKey,
    requestId: requestContext.requestId,
    caller: requestContext.authorizer.lambda,
    body: isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body,
    ifNoneMatch: headers['if-none-match'],
  };
}

export function answer(statusCode: number, body: string, headers: Record<string, string> = {}): ApiResponse {
  return {
    statusCode,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body,
  };
}

/** @param message what is wrong and what to do; quotes nothing of the request */
export function refusal(
  statusCode: number,
  error: { readonly code: string; readonly message: string },
  headers: Record<string, string> = {},
): ApiResponse {
  return answer(statusCode, JSON.stringify({ error: { code: error.code, message: error.message } }), headers);
}
