/** Requests to the desk over HTTP (payload 2.0 of an HTTP API), and the answers. */
import { z } from 'zod';
import {
  REVOCATION_DECISIONS,
  revocationRequest,
  type RevocationAnswer,
  type RevocationRequest,
} from '../../contracts/revocation.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { answerJson, apiEvent, bodyOf, readApiEvent, type HttpAnswer } from '../../platform/http-api.ts';
import { describeProblems } from '../../platform/problems.ts';

/** A request that the API let through: of a person whom IAM knows, or one that has yet to prove that Slack sent it. */
export type DeskEvent =
  | { readonly from: 'iam'; readonly requestId: string; readonly request: Result<RevocationRequest, string> }
  | {
      readonly from: 'slack';
      readonly requestId: string;
      readonly body: string;
      readonly timestamp: string | undefined;
      readonly signature: string | undefined;
    };

const deskEvent = apiEvent.extend({
  headers: z.record(z.string(), z.string().optional()).default({}),
  pathParameters: z.object({ caseId: z.string().optional(), decision: z.string().optional() }).default({}),
  requestContext: z.object({
    requestId: z.string(),
    authorizer: z.object({ iam: z.object({ userArn: z.string().min(1) }) }).optional(),
  }),
});
/** What a person says of a decision; who it is says IAM. */
const words = z.strictObject({ why: z.string() });
const decision = z.enum(REVOCATION_DECISIONS);
const SLACK_ROUTE = 'POST /v1/slack/interactions';

/** @throws Error when it is no event of this API: a fault of the deployment, not of the caller */
export function readDeskEvent(value: unknown): DeskEvent {
  const read = readApiEvent(deskEvent, value);
  const { routeKey, headers, pathParameters, requestContext } = read;
  const { requestId, authorizer } = requestContext;
  const body = bodyOf(read).toString('utf8');
  if (routeKey === SLACK_ROUTE)
    return {
      from: 'slack',
      requestId,
      body,
      timestamp: headers['x-slack-request-timestamp'],
      signature: headers['x-slack-signature'],
    };
  if (authorizer === undefined) throw new Error("The desk's API let somebody in whom IAM does not know.");
  return {
    from: 'iam',
    requestId,
    request: requestOf(routeKey, pathParameters, body, authorizer.iam.userArn),
  };
}

function requestOf(
  routeKey: string,
  {
    caseId,
    decision: asked,
  }: { readonly caseId?: string | undefined; readonly decision?: string | undefined },
  body: string,
  by: string,
): Result<RevocationRequest, string> {
  if (routeKey.startsWith('GET ')) return checked({ do: 'show', caseId });
  const what = decision.safeParse(asked);
  if (!what.success) return err(`The path ends in one of ${REVOCATION_DECISIONS.join(', ')}.`);
  const said = words.safeParse(jsonOf(body));
  if (!said.success)
    return err('The body is JSON of the form {"why": "…"} and nothing else: the record keeps it.');
  // What the record keeps of a name is bounded; the end of an ARN is who it is.
  return checked({ do: what.data, caseId, by: by.slice(-256), why: said.data.why });
}

function checked(request: unknown): Result<RevocationRequest, string> {
  const parsed = revocationRequest.safeParse(request);
  return parsed.success ? ok(parsed.data) : err(describeProblems(parsed.error));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const STATUS = {
  bad_request: 400,
  no_such_case: 404,
  no_such_move: 409,
  too_late: 409,
  cannot_restore: 409,
} as const;

/** The desk's answer as the command line gets it, with the status that it means in HTTP. */
export function respond(answer: RevocationAnswer): HttpAnswer {
  return answerJson(answer.answer === 'refused' ? STATUS[answer.why] : 200, answer);
}
