import type { Logger } from '@aws-lambda-powertools/logger';
import type { RevocationAnswer, RevocationRequest } from '../contracts/revocation.ts';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createSecretsManager, createStepFunctions } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { answerJson, type HttpAnswer } from '../platform/http-api.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { readDeskEvent, respond } from './adapters/desk-event.ts';
import { createDynamoReplayBook, createDynamoRevocationStore } from './adapters/dynamo-revocation-store.ts';
import { createSlackDeskSettings } from './adapters/slack-desk-settings.ts';
import {
  answerPress,
  readPress,
  verifySlackRequest,
  type Press,
  type SignedRequest,
  type SlackDeskSettings,
} from './adapters/slack-interactions.ts';
import { createStepFunctionsWorkflow } from './adapters/step-functions-workflow.ts';
import { answerAtDesk, type DeskDependencies } from './domain/desk.ts';
import type { ReplayBook } from './domain/ports.ts';
import { serveDeskEnv } from './serve-desk.env.ts';

export interface ServeDeskDependencies extends DeskDependencies {
  readonly replays: ReplayBook;
  /** Undefined where the buttons are off. */
  readonly slack: () => Promise<SlackDeskSettings | undefined>;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

let dependencies: ServeDeskDependencies | undefined;

/** Invoked by the HTTP API. */
export const handler = (event: unknown): Promise<HttpAnswer> => serveDesk(event, (dependencies ??= build()));

/** The desk over HTTP: the same requests, the same answers and the same guarantees as by direct invocation. */
export async function serveDesk(event: unknown, needed: ServeDeskDependencies): Promise<HttpAnswer> {
  const asked = readDeskEvent(event);
  try {
    if (asked.from === 'slack') return await takePress(asked, asked.requestId, needed);
    if (!asked.request.ok)
      return respond({ answer: 'refused', why: 'bad_request', message: asked.request.error });
    return respond(await decide(asked.request.value, asked.requestId, needed));
  } catch (error) {
    needed.logger.error('revocation_desk_failed', { request_id: asked.requestId, ...describeError(error) });
    return answerJson(503, {
      message:
        'It cannot be said whether it was written. Ask for the case, then ask again: nothing happens twice.',
    });
  }
}

async function decide(
  request: RevocationRequest,
  requestId: string,
  needed: ServeDeskDependencies,
): Promise<RevocationAnswer> {
  const answer = await answerAtDesk(request, needed);
  needed.logger.info('revocation_decision', {
    request_id: requestId,
    request: request.do,
    case_id: request.caseId,
    answer: answer.answer,
    ...('by' in request && { by: request.by }),
    ...(answer.answer === 'refused' ? { why: answer.why } : { status: answer.revocation.status }),
  });
  return answer;
}

async function takePress(
  signed: SignedRequest,
  requestId: string,
  needed: ServeDeskDependencies,
): Promise<HttpAnswer> {
  const settings = await needed.slack();
  if (settings === undefined)
    return answerJson(404, { message: 'The buttons are off: nobody has set them up.' });
  const verified = await verifySlackRequest(
    signed,
    settings.signingSecret,
    needed.clock.now(),
    needed.replays,
  );
  if (!verified.ok) {
    needed.logger.warn('revocation_press_refused', { request_id: requestId, reason: verified.error });
    return answerJson(401, { message: 'Slack has not sent this just now.' });
  }
  const press = readPress(signed.body);
  // Slack shows an error to who pressed unless it gets a 200.
  if (!press.ok) return answerJson(200, {});
  const text = await decideByPress(press.value, settings, requestId, needed);
  if (!(await answerPress(press.value.responseUrl, text, settings)))
    needed.logger.warn('revocation_press_not_answered', { request_id: requestId });
  return answerJson(200, {});
}

async function decideByPress(
  { button, userId, by }: Press,
  { approvers }: SlackDeskSettings,
  requestId: string,
  needed: ServeDeskDependencies,
): Promise<string> {
  if (!approvers.includes(userId)) {
    needed.logger.warn('revocation_press_refused', { request_id: requestId, reason: 'not_an_approver', by });
    return 'Nothing was changed: you are not among the approvers of revocations. An operator adds you to the settings.';
  }
  const { caseId, run } = button;
  const request = { do: button.do, caseId, run, by, why: 'Decided by a button in Slack.' };
  const answer = await decide(request, requestId, needed);
  return answer.answer === 'refused'
    ? `Nothing was changed: ${answer.message}`
    : `${button.do === 'approve' ? 'Approved' : 'Rejected'}, and recorded in your name.`;
}

function build(): ServeDeskDependencies {
  const env = parseEnv(serveDeskEnv, process.env);
  const records = { client: createDynamo(), table: env.REVOCATION_TABLE };
  return {
    store: createDynamoRevocationStore(records),
    replays: createDynamoReplayBook(records),
    workflow: createStepFunctionsWorkflow(createStepFunctions(), env.STATE_MACHINE_ARN),
    slack: createSlackDeskSettings(createSecretsManager(), env.SLACK_SETTINGS_ARN),
    clock: systemClock,
    logger: createLogger('revocation'),
  };
}
