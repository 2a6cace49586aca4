import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  REVOCATION_DECISIONS,
  revocationAnswer,
  type RevocationAnswer,
} from '../../../functions/contracts/revocation.ts';
import type { SlackDeskSettings } from '../../../functions/revocation/adapters/slack-interactions.ts';
import { decideRevocation } from '../../../functions/revocation/decide-revocation.lambda.ts';
import type { RevocationRecord } from '../../../functions/revocation/domain/revocation.ts';
import { serveDesk } from '../../../functions/revocation/serve-desk.lambda.ts';
import { parseRevokeCommand } from '../../../scripts/revoke/commands.ts';
import { FakeReplayBook, FakeRevocationStore, FakeWorkflow } from '../../support/fake-revocation-store.ts';
import { LinesLogger } from '../../support/lines-logger.ts';
import { aCaseId, aRevocation } from '../../support/revocation-builder.ts';
import {
  pressBody,
  signedHeaders,
  startPressAnswers,
  type PressOptions,
} from '../../support/slack-presses.ts';

const NOW = Date.parse('2026-11-21T09:00:00.000Z');
const CASE = aCaseId(1);
const ANN = 'arn:aws:sts::123456789012:assumed-role/on-call/ann';
const SIGNING = ['signing', 'secret', 'of', 'nobody'].join('-');
const WAITING: Partial<RevocationRecord> = {
  status: 'awaiting_approval',
  approvalToken: 'the-token',
  approval: { expiresAt: '2026-11-21T10:00:00.000Z', byDefault: 'reject' },
  changedAt: '2026-11-21T08:59:00.000Z',
};

let slack: Awaited<ReturnType<typeof startPressAnswers>>;
beforeAll(async () => {
  slack = await startPressAnswers();
});
afterAll(() => slack.stop());
beforeEach(() => slack.answers.splice(0));

function world(record: Partial<RevocationRecord> | null = WAITING, nowMs = NOW) {
  const store = new FakeRevocationStore();
  if (record) store.records.set(CASE, aRevocation(1, record));
  const workflow = new FakeWorkflow();
  const logger = new LinesLogger();
  const settings: SlackDeskSettings = {
    ...{ signingSecret: SIGNING, approvers: ['U0APPROVER'], answersUnder: slack.baseUrl },
  };
  const clock = { now: () => nowMs };
  const needed = { store, workflow, logger, clock, replays: new FakeReplayBook() };
  return {
    ...{ store, workflow, logger },
    direct: (request: unknown) => decideRevocation(request, needed),
    http: (event: unknown, set: SlackDeskSettings | undefined = settings) =>
      serveDesk(event, { ...needed, slack: () => Promise.resolve(set) }),
    off: (event: unknown) => serveDesk(event, { ...needed, slack: () => Promise.resolve(undefined) }),
  };
}

function call(what: string, body: string = JSON.stringify({ why: 'because' }), caseId = CASE) {
  const show = what === 'show';
  return {
    version: '2.0',
    routeKey: show ? 'GET /v1/revocations/{caseId}' : 'POST /v1/revocations/{caseId}/{decision}',
    headers: { 'content-type': 'application/json' },
    pathParameters: { caseId, ...(!show && { decision: what }) },
    requestContext: { requestId: 'r1', authorizer: { iam: { userArn: ANN, accountId: '123456789012' } } },
    ...(!show && { body }),
    isBase64Encoded: false,
  };
}

function press(options: Partial<PressOptions> = {}, sentMs = NOW, secret = SIGNING) {
  const body = pressBody({
    value: { v: 1, do: 'approve', caseId: CASE, run: 1 },
    responseUrl: `${slack.baseUrl}actions/T0TEAM/1/abc`,
    ...options,
  });
  return {
    version: '2.0',
    routeKey: 'POST /v1/slack/interactions',
    headers: signedHeaders(body, secret, sentMs),
    requestContext: { requestId: 'r2' },
    body: Buffer.from(body).toString('base64'),
    isBase64Encoded: true,
  };
}

const bodyOf = ({ body }: { readonly body: string }): unknown => JSON.parse(body);

describe('the API and the command line', () => {
  const states: [is: string, record: Partial<RevocationRecord> | null, nowMs: number][] = [
    ['waits', WAITING, NOW],
    ['waits no longer', WAITING, NOW + 3_600_000],
    ['is under way', { ...WAITING, status: 'live', identity: { id: 'a' } }, NOW],
    [
      'was approved and stands',
      { status: 'live', cleared: true, approvalToken: 't', changedAt: WAITING.changedAt ?? '' },
      NOW,
    ],
    ['stands still', { status: 'contained', identity: { id: 'a' } }, NOW],
    ['failed', { status: 'failed', reason: 'still_alive', cleared: true }, NOW],
    [
      'is proven dead',
      { status: 'proven_dead', cleared: true, canRestore: true, identity: { id: 'a' } },
      NOW,
    ],
    ["is a person's", { status: 'manual', reason: 'protected' }, NOW],
    ['is not known', null, NOW],
  ];

  test.each(states)('do the same about one that %s', async (_, record, nowMs) => {
    for (const what of ['show', ...REVOCATION_DECISIONS]) {
      const [byLine, byApi] = [world(record, nowMs), world(record, nowMs)];
      const command = parseRevokeCommand(
        what === 'revoke' ? [CASE] : [what, CASE],
        { why: 'because', by: ANN },
        'nobody',
      );
      if (!command.ok) throw new Error(command.error);
      const told = await byLine.direct(command.value);
      const answered = await byApi.http(call(what));
      expect(revocationAnswer.parse(bodyOf(answered)), what).toEqual(JSON.parse(JSON.stringify(told)));
      expect(byApi.store.records, what).toEqual(byLine.store.records);
      expect(byApi.workflow, what).toEqual(byLine.workflow);
      expect(answered.statusCode, what).toBe(statusOf(told));
    }
  });

  function statusOf(answer: RevocationAnswer): number {
    if (answer.answer === 'revocation') return 200;
    return answer.why === 'no_such_case' ? 404 : 409;
  }
});

describe('the API', () => {
  test('records who IAM says it is, whatever the body says', async () => {
    const { http, store } = world();
    expect((await http(call('approve'))).statusCode).toBe(200);
    expect(store.records.get(CASE)).toMatchObject({ decidedBy: ANN, decidedWhy: 'because', status: 'live' });
    const liar = world();
    const answer = await liar.http(call('approve', JSON.stringify({ why: 'x', by: 'the boss' })));
    expect(answer.statusCode).toBe(400);
    expect(liar.store.written).toEqual([]);
  });

  test('refuses what is no decision, no reason or no case, and says what to send', async () => {
    const { http, store } = world();
    for (const [event, says] of [
      [call('delete'), /approve, reject, revoke, undo/],
      [call('approve', ''), /"why"/],
      [call('approve', '{"why"'), /"why"/],
      [call('approve', '{"why":" "}'), /why/],
      [call('approve', undefined, 'case_1'), /caseId/],
    ] as const) {
      const { statusCode, body } = await http(event);
      expect(statusCode).toBe(400);
      expect(body).toMatch(says);
    }
    expect(store.written).toEqual([]);
  });

  test('lets nobody in whom IAM does not know', async () => {
    const { http } = world();
    const { requestContext, ...event } = call('approve');
    expect(requestContext).toBeDefined();
    await expect(http({ ...event, requestContext: { requestId: 'r' } })).rejects.toThrow(/IAM does not know/);
  });

  test('says when it cannot say, and asking again does no harm', async () => {
    const { http, workflow, store, logger } = world();
    const resume = workflow.resume.bind(workflow);
    workflow.resume = () => Promise.reject(new Error('lost'));
    expect((await http(call('approve'))).statusCode).toBe(503);
    expect(logger.lines.at(-1)).toMatchObject({ message: 'revocation_desk_failed' });
    workflow.resume = resume;
    expect((await http(call('approve'))).statusCode).toBe(200);
    expect(workflow.resumed).toEqual(['the-token']);
    expect(store.written).toHaveLength(1);
  });
});

describe('a button in Slack', () => {
  test('approves in the name of who pressed it, tells them, and lets the run go on', async () => {
    const { http, store, workflow } = world();
    expect(await http(press())).toMatchObject({ statusCode: 200, body: '{}' });
    expect(store.records.get(CASE)).toMatchObject({
      status: 'live',
      decidedBy: 'slack:T0TEAM/U0APPROVER (ann)',
    });
    expect(workflow.resumed).toEqual(['the-token']);
    expect(slack.answers).toMatchObject([{ response_type: 'ephemeral', replace_original: false }]);
    expect(JSON.stringify(slack.answers)).toContain('Approved, and recorded');
  });

  test('rejects', async () => {
    const { http, store } = world();
    await http(
      press({ actionId: 'shhh_revocation_reject', value: { v: 1, do: 'reject', caseId: CASE, run: 1 } }),
    );
    expect(store.records.get(CASE)).toMatchObject({ status: 'manual', reason: 'rejected' });
  });

  test.each([
    ['of another secret', () => press({}, NOW, 'another-secret-of-nobody')],
    ['of six minutes ago', () => press({}, NOW - 301_000)],
    ['of the future', () => press({}, NOW + 301_000)],
    [
      'whose body was changed',
      () => ({ ...press(), body: Buffer.from(`${pressBody({ value: 'x' })}`).toString('base64') }),
    ],
    ['without a signature', () => ({ ...press(), headers: {} })],
    [
      'with half of one',
      () => ({ ...press(), headers: { ...press().headers, 'x-slack-signature': 'v0=00' } }),
    ],
    [
      'of another version',
      () => ({
        ...press(),
        headers: {
          ...press().headers,
          'x-slack-signature': press().headers['x-slack-signature']?.replace('v0', 'v1'),
        },
      }),
    ],
    [
      'at no time',
      () => ({ ...press(), headers: { ...press().headers, 'x-slack-request-timestamp': 'now' } }),
    ],
  ])('%s is refused, and changes nothing', async (_, event) => {
    const { http, store, logger } = world();
    expect((await http(event())).statusCode).toBe(401);
    expect(store.written).toEqual([]);
    expect(logger.lines).toMatchObject([{ level: 'warn', message: 'revocation_press_refused' }]);
    expect(JSON.stringify(logger.lines)).not.toContain(SIGNING);
  });

  test('at the edge of the five minutes counts', async () => {
    expect((await world().http(press({}, NOW - 300_000))).statusCode).toBe(200);
  });

  test('sent a second time is refused, though its signature is good', async () => {
    const { http, store, logger } = world();
    const sent = press();
    expect((await http(sent)).statusCode).toBe(200);
    expect((await http(sent)).statusCode).toBe(401);
    expect(logger.lines.at(-1)).toMatchObject({ reason: 'replayed' });
    expect(store.written).toHaveLength(1);
  });

  test('pressed by who may not decide changes nothing, and tells them', async () => {
    const { http, store, logger } = world();
    expect((await http(press({ userId: 'U0STRANGER' }))).statusCode).toBe(200);
    expect(store.written).toEqual([]);
    expect(JSON.stringify(slack.answers)).toContain('not among the approvers');
    expect(logger.lines[0]).toMatchObject({ reason: 'not_an_approver' });
  });

  test('after the time to answer, of an older run, or twice by two people, says so and changes nothing', async () => {
    for (const [it, says] of [
      [world(WAITING, Date.parse('2026-11-21T10:00:00.000Z')), 'time to answer is over'],
      [world({ ...WAITING, run: 2 }), 'run 2 is the newest'],
      [world({ status: 'revoked', decidedBy: 'bob' }), 'decided by bob'],
    ] as const) {
      slack.answers.splice(0);
      const nowMs = says.startsWith('time') ? Date.parse('2026-11-21T10:00:00.000Z') : NOW;
      expect((await it.http(press({}, nowMs))).statusCode).toBe(200);
      expect(it.store.written).toEqual([]);
      expect(JSON.stringify(slack.answers)).toContain(says);
    }
  });

  test('that is none of ours is let pass without a decision', async () => {
    const { http, store } = world();
    for (const options of [
      { actionId: 'shhh_acknowledge', value: 'shhh-1' },
      { value: { v: 1, do: 'revoke', caseId: CASE, run: 1 } },
      { value: '{' },
    ])
      expect((await http(press(options))).statusCode).toBe(200);
    expect(store.written).toEqual([]);
  });

  test('is answered nowhere but at Slack, and an answer that does not arrive changes nothing', async () => {
    for (const responseUrl of [
      'http://127.0.0.1:9/actions',
      'https://attacker.example/',
      'no address',
      `${slack.baseUrl.replace('//', '//user@')}x`,
    ]) {
      const { http, store, logger } = world();
      expect((await http(press({ responseUrl }))).statusCode).toBe(200);
      expect(store.written).toHaveLength(1);
      expect(logger.lines.at(-1)).toMatchObject({ message: 'revocation_press_not_answered' });
    }
    expect(slack.answers).toEqual([]);
  });

  test('is off until somebody sets it up', async () => {
    expect((await world().off(press())).statusCode).toBe(404);
  });
});
