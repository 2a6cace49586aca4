/**
 * Slack as it sends what a person pressed: a form with one JSON field, signed over version, timestamp and raw body.
 * Protocol: docs.slack.dev, «Verifying requests from Slack» and «block_actions payload».
 */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PressOptions {
  readonly value: unknown;
  readonly actionId?: string;
  readonly userId?: string;
  readonly username?: string;
  readonly responseUrl?: string;
}

/** The raw body that Slack sends for one press of a button. */
export function pressBody(options: PressOptions): string {
  const { value, actionId = 'shhh_revocation_approve', userId = 'U0APPROVER', username = 'ann' } = options;
  const payload = {
    type: 'block_actions',
    team: { id: 'T0TEAM', domain: 'acme' },
    user: { id: userId, username, name: username, team_id: 'T0TEAM' },
    api_app_id: 'A0APP',
    token: 'deprecated',
    container: {
      type: 'message',
      message_ts: '1800000000.000100',
      channel_id: 'C0CHANNEL',
      is_ephemeral: false,
    },
    trigger_id: '12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3',
    channel: { id: 'C0CHANNEL', name: 'security' },
    message: { type: 'message', text: 'a message', ts: '1800000000.000100' },
    response_url: options.responseUrl ?? 'https://hooks.slack.com/actions/T0TEAM/1/abc',
    actions: [
      {
        action_id: actionId,
        block_id: 'b1',
        text: { type: 'plain_text', text: 'Approve', emoji: true },
        value: typeof value === 'string' ? value : JSON.stringify(value),
        type: 'button',
        action_ts: '1800000001.000200',
      },
    ],
  };
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}

/** The headers that Slack signs it with. @param nowMs when it is sent */
export function signedHeaders(body: string, signingSecret: string, nowMs: number): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const mac = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  return {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${mac}`,
  };
}

/** Where Slack takes the answers to presses. */
export async function startPressAnswers() {
  const answers: unknown[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      answers.push(JSON.parse(body));
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    answers,
    baseUrl: `http://127.0.0.1:${port}/`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}
