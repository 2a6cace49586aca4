import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import { createHookProvider } from '../../../functions/revocation/adapters/hook.ts';
import type { RevocationProvider } from '../../../functions/revocation/domain/provider.ts';
import { openDeclared, quickHttp } from '../../support/providers/declared-under-test.ts';
import { PROTOCOLS } from '../../support/providers/protocols.ts';
import type { ProviderUnderTest } from '../../support/providers/provider-contract.ts';
import { bodyOf, listen } from '../../support/providers/stand-in.ts';
import { SecretSearch } from '../../support/secret-search.ts';

const KEY = new Redacted('k'.repeat(32));
const NOW = Date.UTC(2026, 10, 21, 12);
const clock = { now: () => NOW };

describe('a hook to a team’s own automation', () => {
  let inner: ProviderUnderTest;
  let provider: RevocationProvider;
  let hook: { url: string; close: () => Promise<void> };
  let answer: { status: number; headers?: Record<string, string> };
  const got: { headers: IncomingHttpHeaders; body: string; url: string }[] = [];

  const under = (key: Redacted, url: string) =>
    createHookProvider({ inner: inner.provider, url, key, http: quickHttp(), clock });

  beforeEach(async () => {
    got.length = 0;
    answer = { status: 202 };
    hook = await listen((request, response) => {
      void bodyOf(request).then((body) => {
        got.push({ headers: request.headers, body, url: request.url ?? '' });
        response.writeHead(answer.status, answer.headers).end();
      });
    });
    const slack = PROTOCOLS.find(({ name }) => name === 'slack');
    if (slack === undefined) throw new Error('there is no slack');
    inner = await openDeclared(slack);
    provider = under(KEY, `${hook.url}/hooks/slack-revoke`);
  });
  afterEach(async () => {
    await Promise.all([inner.close(), hook.close()]);
  });

  async function revoke(by = provider) {
    const secret = new Redacted(inner.leaked);
    const { answer: identified } = await by.identify(secret);
    if (identified.outcome !== 'identified') throw new Error('not identified');
    return by.revoke(secret, identified.identity);
  }

  test('is told which credential, signed with the time, and never the secret', async () => {
    const told = await revoke();
    expect(told.answer).toEqual({ outcome: 'revoked' });
    const [request] = got;
    expect(request?.url).toBe('/hooks/slack-revoke');
    expect(JSON.parse(request?.body ?? '')).toEqual({
      version: 1,
      action: 'revoke',
      provider: 'slack',
      credential: inner.expected,
    });
    const mac = createHmac('sha256', KEY.reveal())
      .update(`${NOW / 1_000}.${request?.body}`)
      .digest('hex');
    expect(request?.headers['x-shhh-signature']).toBe(`t=${NOW / 1_000},v1=${mac}`);
    const search = new SecretSearch([{ type: 'slack', secret: inner.leaked }]);
    expect(search.in('hook', JSON.stringify([got, told]))).toEqual([]);
  });

  test('gets the same idempotency key for the same credential, and another for another', async () => {
    await revoke();
    await revoke();
    const secret = new Redacted(inner.leaked);
    await provider.revoke(secret, { id: 'other', principal: 'U1' });
    const [first, second, third] = got.map(({ headers }) => headers['idempotency-key']);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  test('is not believed: the provider itself still tells whether it is dead', async () => {
    await revoke();
    const { answer: identified } = await provider.identify(new Redacted(inner.leaked));
    expect(identified.outcome).toBe('identified');
    expect(inner.seen.every(({ effect }) => effect === 'read')).toBe(true);
  });

  test.each([
    [{ status: 204 }, { outcome: 'revoked' }],
    [{ status: 410 }, { outcome: 'already_dead' }],
    [{ status: 401 }, { outcome: 'refused' }],
    [{ status: 200 }, { outcome: 'unavailable' }],
    [{ status: 500 }, { outcome: 'unavailable' }],
    [{ status: 302, headers: { location: 'http://127.0.0.1:9/' } }, { outcome: 'unavailable' }],
    [
      { status: 429, headers: { 'retry-after': '60' } },
      { outcome: 'unavailable', retryAfterSeconds: 60 },
    ],
  ])('is read by its answer %j', async (given, expected) => {
    answer = given;
    expect((await revoke()).answer).toMatchObject(expected);
  });

  test('is not called with a key that is too short, or without TLS', async () => {
    for (const other of [under(new Redacted('short'), hook.url), under(KEY, 'http://sentinel.example/hooks')])
      expect((await revoke(other)).answer).toMatchObject({ outcome: 'refused' });
    expect(got).toEqual([]);
  });
});
