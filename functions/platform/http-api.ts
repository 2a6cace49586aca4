/** Requests that an HTTP API let through (payload 2.0), and what it answers. */
import { z } from 'zod';
import { describeProblems } from './problems.ts';

/** Who showed a key that the authorizer knows. */
export const keyAuthorizer = z.object({
  lambda: z.object({
    keyId: z.string(),
    name: z.string(),
    requestsPerMinute: z.coerce.number().int().positive(),
  }),
});
export type KeyCaller = z.infer<typeof keyAuthorizer>['lambda'];

/** What every event has, whatever its route needs besides. */
export const apiEvent = z.object({
  routeKey: z.string(),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

/** @throws Error when it is no such event: a fault of the deployment, not of the caller */
export function readApiEvent<S extends z.ZodType>(schema: S, event: unknown): z.infer<S> {
  const parsed = schema.safeParse(event);
  if (!parsed.success) throw new Error(`Not an event of the HTTP API: ${describeProblems(parsed.error)}`);
  return parsed.data;
}

/** The body as it was sent: the API hands what it takes for binary on in base64. */
export const bodyOf = ({ body, isBase64Encoded }: Omit<z.infer<typeof apiEvent>, 'routeKey'>): Buffer =>
  Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');

/** What the HTTP API answers the caller. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Headers = Readonly<Record<string, string>>;

/** @param body JSON, where no header says otherwise */
export const answerText = (statusCode: number, body: string, headers: Headers = {}): HttpAnswer => ({
  statusCode,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
  body,
});

export const answerJson = (statusCode: number, body: object, headers: Headers = {}): HttpAnswer =>
  answerText(statusCode, JSON.stringify(body), headers);

/** @param message what is wrong and what to do; quotes nothing of the request */
export const refuseJson = (
  statusCode: number,
  code: string,
  message: string,
  headers: Headers = {},
): HttpAnswer => answerJson(statusCode, { error: { code, message } }, headers);
