/** From the body of a request to what a guard looks at, and from its judgement to the answer. */
import { isUtf8 } from 'node:buffer';
import type { z } from 'zod';
import { err, ok, type Result } from '../../kernel/result.ts';
import {
  blockedReport,
  checkRequest,
  toFoundSecret,
  type BlockedReport,
  type CheckResponse,
} from './guard-api.ts';
import type { GuardAction } from '../../contracts/guard.ts';
import type { GuardFinding, Message, MessageContext } from './judge-message.ts';

/** A request that was read. */
export interface CheckOrder {
  readonly message: Message;
  readonly context: MessageContext;
  readonly encoding: 'utf8' | 'base64';
}

/** Why a request is refused: a code for programs and a sentence for people, which quote nothing of it. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Reads JSON text. @returns the value, or the refusal; a parser's own message would quote the text */
function readJson(body: string): Result<unknown, Refusal> {
  try {
    return ok(JSON.parse(body));
  } catch {
    return err({ code: 'not_json', message: 'The body is no JSON. Send {"message": "…"}.' });
  }
}

/** What is wrong with a request, without quoting it. */
const placesOf = (error: z.ZodError): string =>
  error.issues
    .slice(0, 5)
    .map(({ path, code }) => `${path.join('.') || 'the body'}: ${code}`)
    .join('; ');

/** Reads what a guard reports of a message that it stopped. */
export function readReport(body: string): Result<BlockedReport, Refusal> {
  const json = readJson(body);
  if (!json.ok) return json;
  const report = blockedReport.safeParse(json.value);
  if (report.success) return ok(report.data);
  return err({ code: 'not_a_report', message: `The body is no report (${placesOf(report.error)}).` });
}

export function readCheck(body: string): Result<CheckOrder, Refusal> {
  const json = readJson(body);
  if (!json.ok) return json;
  const request = checkRequest.safeParse(json.value);
  if (!request.success) {
    return err({
      code: 'not_a_check',
      message: `The body is no check (${placesOf(request.error)}). GET /openapi.json tells its form.`,
    });
  }
  const { message, encoding, agent, messageId } = request.data;
  if (encoding === 'utf8') return ok({ message, encoding, context: { agent, messageId } });
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(message))
    return err({
      code: 'not_base64',
      message: '`message` is no base64. Use the standard alphabet, without spaces.',
    });
  const bytes = Buffer.from(message, 'base64');
  return ok({
    message: isUtf8(bytes) ? bytes.toString('utf8') : bytes,
    encoding,
    context: { agent, messageId },
  });
}

/** What a guard says of a message, before it is written for the wire. */
export interface GuardAnswer {
  readonly verdict: GuardAction;
  readonly findings: readonly GuardFinding[];
  readonly redacted: Message;
  readonly noticeForSender: string | undefined;
  readonly messageId: string | undefined;
  readonly repeated: boolean;
  readonly failure: CheckResponse['failure'] | undefined;
  readonly pack: string;
}

export function toResponse(said: GuardAnswer, encoding: CheckOrder['encoding']): CheckResponse {
  return {
    verdict: said.verdict,
    findings: said.findings.map(toFoundSecret),
    redacted:
      typeof said.redacted === 'string' && encoding === 'utf8'
        ? said.redacted
        : Buffer.from(said.redacted).toString(encoding),
    encoding,
    noticeForSender: said.noticeForSender ?? null,
    messageId: said.messageId ?? null,
    repeated: said.repeated,
    failure: said.failure ?? null,
    pack: said.pack,
  };
}
