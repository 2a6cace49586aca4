/** Tests of values at APIs, each before a server that answers as its documentation has it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer, type Server } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { IAMClient } from '@aws-sdk/client-iam';
import { STSClient } from '@aws-sdk/client-sts';
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import { createHttp } from '../../../functions/platform/http.ts';
import { providerKinds } from '../../../functions/rotation/adapters/provider-kinds.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { createRandom } from '../../support/fleet/random.ts';
import { bodyOf, listen, strike, type World } from '../../support/providers/stand-in.ts';
import { SecretSearch } from '../../support/secret-search.ts';

const aws = { region: 'us-east-1', credentials: { accessKeyId: 'none', secretAccessKey: 'none' } };
/** @param timeoutMs short where the other side never answers, long where a busy machine may be slow to */
const kindsWithin = (timeoutMs: number) =>
  providerKinds({
    http: createHttp({ clock: systemClock, sleep: () => sleep(1), timeoutMs }),
    clock: systemClock,
    randomBytes,
    iam: new IAMClient(aws),
    stsFor: (credentials) => new STSClient({ ...aws, credentials }),
  });
const { verifiers, rotators } = kindsWithin(15_000);
const impatient = kindsWithin(300).verifiers;
const kind = (name: string, among = verifiers) => {
  const found = among.find((one) => one.kind === name);
  if (found === undefined) throw new Error(`there is no test of ${name}`);
  return found;
};

const key = (seed: number) =>
  `key${createRandom(seed).text('ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789', 40)}`;

interface Api {
  readonly kind: string;
  readonly path: RegExp;
  readonly given: (headers: Readonly<Record<string, string | undefined>>) => string | undefined;
  readonly good: unknown;
  readonly bad: readonly [status: number, json: unknown];
  /** The secret's text, where it is not the key itself. */
  readonly textOf?: (key: string) => string;
}
const bearer: Api['given'] = ({ authorization }) => authorization?.replace(/^Bearer /, '');

const APIS: readonly Api[] = [
  {
    kind: 'github',
    path: /^\/user$/,
    given: bearer,
    good: { login: 'octocat', id: 1 },
    bad: [401, { message: 'Bad credentials' }],
  },
  {
    kind: 'gitlab',
    path: /^\/api\/v4\/personal_access_tokens\/self$/,
    given: (headers) => headers['private-token'],
    good: { id: 4, active: true, revoked: false, scopes: ['api'] },
    bad: [401, { message: '401 Unauthorized' }],
  },
  {
    kind: 'slack',
    path: /^\/api\/auth\.test$/,
    given: bearer,
    good: { ok: true, team_id: 'T1', user_id: 'U1' },
    bad: [200, { ok: false, error: 'token_revoked' }],
  },
  {
    kind: 'openai',
    path: /^\/v1\/models$/,
    given: bearer,
    good: { object: 'list', data: [] },
    bad: [401, { error: { code: 'invalid_api_key' } }],
  },
  {
    kind: 'anthropic',
    path: /^\/v1\/models$/,
    given: (headers) => headers['x-api-key'],
    good: { data: [], has_more: false },
    bad: [401, { type: 'error', error: { type: 'authentication_error' } }],
  },
  {
    kind: 'stripe',
    path: /^\/v1\/charges$/,
    given: bearer,
    good: { object: 'list', data: [] },
    bad: [401, { error: { type: 'invalid_request_error' } }],
  },
  {
    kind: 'datadog',
    path: /^\/api\/v1\/validate$/,
    given: (headers) => headers['dd-api-key'],
    good: { valid: true },
    bad: [403, { errors: ['Forbidden'] }],
  },
  {
    kind: 'sendgrid',
    path: /^\/v3\/scopes$/,
    given: bearer,
    good: { scopes: ['mail.send'] },
    bad: [401, { errors: [{ message: 'authorization required' }] }],
  },
  {
    kind: 'twilio',
    path: /^\/2010-04-01\/Accounts\/AC1\/Messages\.json$/,
    given: ({ authorization = '' }) =>
      Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
        .toString('utf8')
        .replace(/^SK1:/, ''),
    good: { messages: [] },
    bad: [401, { code: 20_003, message: 'Authenticate', status: 401 }],
    textOf: (secret) => JSON.stringify({ accountSid: 'AC1', sid: 'SK1', secret }),
  },
];

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(api: Api, secret: string, world: World = 'normal'): Promise<string> {
  const server = await listen((request, response) => {
    void bodyOf(request).then((body) => {
      if (strike(world, request, response, body, 'http://127.0.0.1:9')) return;
      const { pathname } = new URL(request.url ?? '/', 'http://api');
      const headers = request.headers as Record<string, string | undefined>;
      const [status, json] = !api.path.test(pathname)
        ? [404, { message: 'Not Found' }]
        : api.given(headers) === secret
          ? [200, api.good]
          : api.bad;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    });
  });
  closers.push(() => server.close());
  return server.url;
}

const run = async (
  name: string,
  settings: unknown,
  value: string,
  secrets: readonly string[],
  among = verifiers,
) => {
  const told = await kind(name, among).run({
    rotationId: 'rot_1',
    secret: 'a',
    settings,
    value: new Redacted(value),
  });
  const search = new SecretSearch(secrets.map((secret) => ({ type: name, secret })));
  expect(search.in('told', JSON.stringify(told))).toEqual([]);
  return told.answer;
};

describe.each(APIS)('a test at $kind', (api) => {
  const secret = key(1);
  const text = api.textOf ?? ((one: string) => one);

  test('is passed by a value that works, and failed by another one, of which nothing is quoted', async () => {
    const base = await serve(api, secret);
    expect(await run(api.kind, { base }, text(secret), [secret])).toEqual({ outcome: 'passed' });
    expect(await run(api.kind, { base }, text(key(2)), [key(2)])).toEqual({
      outcome: 'failed',
      reason: expect.stringMatching(/.{10}/) as string,
    });
  });

  test.each(['failing', 'garbage', 'hanging', 'reset', 'rate-limited', 'redirecting'] as const)(
    'is neither while the API is %s',
    async (world) => {
      const base = await serve(api, secret, world);
      const among = world === 'hanging' ? impatient : verifiers;
      expect(await run(api.kind, { base }, text(secret), [secret], among)).toMatchObject({
        outcome: 'unavailable',
      });
    },
  );
});

describe('a test that a policy writes out', () => {
  const secret = key(3);
  const api: Api = {
    kind: 'http',
    path: /^\/v1\/me$/,
    given: (headers) => headers['x-token'],
    good: { active: true },
    bad: [401, { active: false }],
  };
  const question = {
    request: { method: 'GET', path: '/v1/me', headers: { 'x-token': '{{value}}' } },
    passes: [{ status: [200], equals: { '/active': true } }],
    fails: [{ when: { status: [401] }, reason: 'the API does not take it' }],
  };

  test('takes the key from a field of the secret', async () => {
    const base = await serve(api, secret);
    const settings = { ...question, base, field: '/token' };
    expect(await run('http', settings, JSON.stringify({ token: secret }), [secret])).toEqual({
      outcome: 'passed',
    });
    expect(await run('http', settings, JSON.stringify({ token: key(4) }), [key(4)])).toEqual({
      outcome: 'failed',
      reason: 'the API does not take it',
    });
  });

  test('sends no whole JSON for a key, and nothing in the clear to another machine', async () => {
    const base = await serve(api, secret);
    const whole = JSON.stringify({ token: secret });
    expect(await run('http', { ...question, base }, whole, [secret])).toMatchObject({ outcome: 'failed' });
    const plain = { ...question, base: 'http://api.acme.example', field: '/token' };
    expect(await run('http', plain, whole, [secret])).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('not https') as string,
    });
  });
});

describe('a test of a certificate and its key', () => {
  const pair = makeCertificate();
  const textOf = ({ certificate, key: privateKey }: typeof pair) =>
    JSON.stringify({ certificate, privateKey });

  async function serveTls(shown: typeof pair): Promise<object> {
    const server: Server = createServer({ cert: shown.certificate, key: shown.key });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => {
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    return { host: 'localhost', port, ca: shown.certificate };
  }
  const secrets = [pair.key.replaceAll(/-----[^-]+-----|\s/g, '')];

  test('is passed where the server shows it', async () => {
    const settings = await serveTls(pair);
    expect(await run('tls', settings, textOf(pair), secrets)).toEqual({ outcome: 'passed' });
  });

  test('is failed where the server shows another one, or one that nobody trusts', async () => {
    const other = makeCertificate();
    const settings = await serveTls(other);
    expect(await run('tls', settings, textOf(pair), secrets)).toMatchObject({ outcome: 'failed' });
    expect(await run('tls', { ...settings, ca: pair.certificate }, textOf(pair), secrets)).toMatchObject({
      outcome: 'failed',
    });
  });

  test('is failed by a key of another certificate, and by a certificate that has ended', async () => {
    const settings = await serveTls(pair);
    const mixed = { ...pair, key: makeCertificate().key };
    expect(await run('tls', settings, textOf(mixed), secrets)).toMatchObject({
      reason: expect.stringContaining('not that of the certificate') as string,
    });
    const now = Date.now();
    const ended = makeCertificate({ notBefore: now - 9_000_000, notAfter: now - 1_000_000 });
    expect(await run('tls', settings, textOf(ended), secrets)).toMatchObject({
      reason: expect.stringContaining('too early') as string,
    });
  });

  test('waits where nobody listens', async () => {
    const settings = { host: '127.0.0.1', port: 9 };
    expect(await run('tls', settings, textOf(pair), secrets)).toMatchObject({ outcome: 'unavailable' });
  });
});

test('kinds are told apart by their names, and each says where its protocol is documented', () => {
  for (const all of [verifiers, rotators]) {
    expect(new Set(all.map((one) => one.kind)).size).toBe(all.length);
    for (const { documentation } of all) expect(documentation).toMatch(/^https:\/\//);
  }
  expect(verifiers.length).toBeGreaterThanOrEqual(12);
});
