/* eslint-disable @typescript-eslint/no-confusing-void-expression -- answering ends a request */
/** Slack, PagerDuty and a customer's webhook as their documentation describes them, with bad days. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Weather = 'fair' | 'down' | 'rate limited' | 'broken' | 'garbage';

export type Provider = 'slack' | 'pagerduty' | 'webhook';

export interface Received {
  readonly at: number;
  readonly path: string;
  readonly body: Record<string, unknown>;
}

export interface StandIns {
  readonly baseUrl: string;
  /** Of each provider, how it is just now. */
  readonly weather: Record<Provider, Weather>;
  /** What was accepted; nothing that was refused stands here. */
  readonly accepted: Record<Provider, Received[]>;
  /** Requests that met bad weather. */
  readonly refused: Record<Provider, number>;
  /** Webhooks whose signature was wrong. */
  readonly forged: number;
  stop(): Promise<void>;
}

/** @param secret that webhooks are signed with */
export async function startStandIns(secret: string): Promise<StandIns> {
  const accepted: StandIns['accepted'] = { slack: [], pagerduty: [], webhook: [] };
  const weather: StandIns['weather'] = { slack: 'fair', pagerduty: 'fair', webhook: 'fair' };
  const refused: StandIns['refused'] = { slack: 0, pagerduty: 0, webhook: 0 };
  const state = { forged: 0 };
  let sequence = 0;

  const answer = (
    response: ServerResponse,
    status: number,
    body: unknown,
    headers: Record<string, string> = {},
  ) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const path = (request.url ?? '').split('?')[0] ?? '';
    const provider = path.startsWith('/api/') ? 'slack' : path.startsWith('/v2/') ? 'pagerduty' : 'webhook';
    const now = weather[provider];
    if (now !== 'fair') {
      refused[provider] += 1;
      if (now === 'down') return void request.socket.destroy();
      if (now === 'rate limited')
        return answer(response, 429, { ok: false, error: 'ratelimited' }, { 'retry-after': '2' });
      if (now === 'broken') return answer(response, 500, 'oops');
      return answer(response, 200, '<html>welcome to the hotel network</html>');
    }
    if (path.startsWith('/api/')) return slack(path, text, response);
    if (path.startsWith('/v2/')) {
      const body = JSON.parse(text) as Record<string, unknown>;
      accepted.pagerduty.push({ at: Date.now(), path, body });
      return answer(response, 202, {
        status: 'success',
        message: 'Event processed',
        dedup_key: body['dedup_key'],
      });
    }
    const [id, time, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
      String(request.headers[name]),
    );
    const wanted = Buffer.from(
      `v1,${createHmac('sha256', secret).update(`${id}.${time}.${text}`).digest('base64')}`,
    );
    const given = Buffer.from(signature ?? '');
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      state.forged += 1;
      return answer(response, 401, {});
    }
    accepted.webhook.push({
      at: Date.now(),
      path: id ?? '',
      body: JSON.parse(text) as Record<string, unknown>,
    });
    answer(response, 204, '');
  }

  function slack(path: string, text: string, response: ServerResponse): void {
    const body = Object.fromEntries(
      Array.from(new URLSearchParams(text), ([name, value]): [string, unknown] => [
        name,
        /^[[{]/.test(value) ? JSON.parse(value) : value,
      ]),
    );
    const messages = accepted.slack.filter((each) => each.path === 'chat.postMessage');
    switch (path.slice('/api/'.length)) {
      case 'chat.postMessage':
      case 'chat.update': {
        sequence += 1;
        const ts = path.endsWith('update')
          ? String(body['ts'])
          : `1700000000.${String(sequence).padStart(6, '0')}`;
        accepted.slack.push({ at: Date.now(), path: path.slice('/api/'.length), body: { ...body, ts } });
        return answer(response, 200, { ok: true, channel: body['channel'], ts });
      }
      case 'conversations.history':
      case 'conversations.replies':
        return answer(response, 200, {
          ok: true,
          messages: messages.map(({ body: { ts, metadata } }) => ({ ts, metadata })),
        });
      default:
        return answer(response, 200, { ok: false, error: 'unknown_method' });
    }
  }

  const server = createServer(
    (request, response) => void handle(request, response).catch(() => response.destroy()),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    accepted,
    weather,
    refused,
    get forged() {
      return state.forged;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
