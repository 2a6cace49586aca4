/** GitHub draws neither tokens nor keys for a program: what can be proven and revoked is, the rest is a person's, with the steps. */
import { createVerify, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Told } from '../../../functions/kernel/provider-call.ts';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import { createHttp } from '../../../functions/platform/http.ts';
import { systemClock } from '../../../functions/kernel/clock.ts';
import {
  createGithubAppKeyRotator,
  createGithubTokenRotator,
} from '../../../functions/rotation/adapters/github.ts';
import { guardRotator } from '../../../functions/rotation/adapters/guard-rotator.ts';
import type { RotationOrder, Rotator } from '../../../functions/rotation/domain/ports.ts';
import { createRandom } from '../../support/fleet/random.ts';
import { bodyOf, listen } from '../../support/providers/stand-in.ts';
import { SecretSearch } from '../../support/secret-search.ts';

const NOW = Date.parse('2026-11-21T08:00:00.000Z');
const clock = { now: () => NOW };
const APP = '12345';

/** GitHub in the small, as its documentation has it: tokens and an app's keys that work. */
async function startGithub() {
  const state = {
    tokens: new Set<string>(),
    keys: new Set<KeyObject>(),
    answer: undefined as number | undefined,
  };
  const asked: { method: string; path: string; authorization: string | undefined }[] = [];
  const server = await listen((request, response) => {
    void (async () => {
      const body = await bodyOf(request);
      const { method = '', url: path = '', headers } = request;
      asked.push({ method, path, authorization: headers.authorization });
      const tell = (status: number, json?: unknown) =>
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(json === undefined ? '' : JSON.stringify(json));
      const bearer = (headers.authorization ?? '').replace(/^Bearer /, '');
      if (state.answer !== undefined) return tell(state.answer, { message: 'no' });
      if (path === '/user')
        return state.tokens.has(bearer)
          ? tell(200, { login: 'octo' })
          : tell(401, { message: 'Bad credentials' });
      if (path === '/app')
        return [...state.keys].some((key) => isSignedBy(key, bearer))
          ? tell(200, { slug: 'orders' })
          : tell(401, { message: 'A JSON web token could not be decoded' });
      if (method === 'POST' && path === '/credentials/revoke' && headers.authorization === undefined) {
        const { credentials } = z.object({ credentials: z.array(z.string()) }).parse(JSON.parse(body));
        for (const one of credentials) state.tokens.delete(one);
        return tell(202);
      }
      return tell(404, { message: 'Not Found' });
    })().catch(() => request.socket.destroy());
  });
  return { ...server, state, asked };
}

/** RS256, by the app, for no longer than GitHub takes: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app */
function isSignedBy(key: KeyObject, token: string): boolean {
  const [head = '', claims = '', signature = ''] = token.split('.');
  const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString() || 'null');
  const said = z
    .object({ iss: z.literal(APP), iat: z.number(), exp: z.number() })
    .refine(({ iat, exp }) => iat * 1000 <= NOW && exp * 1000 > NOW && exp - iat <= 600)
    .safeParse(read(claims));
  return (
    said.success &&
    z.object({ alg: z.literal('RS256') }).safeParse(read(head)).success &&
    createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(key, signature, 'base64url')
  );
}

const http = createHttp({ clock: systemClock, sleep: () => sleep(1) });
let github: Awaited<ReturnType<typeof startGithub>>;
let told: unknown[];
beforeEach(async () => {
  github = await startGithub();
  told = [];
});
afterEach(() => github.close());

const orderOf = (current: Redacted): RotationOrder => ({
  rotationId: `rot_${'0'.repeat(32)}`,
  secret: 'orders-github',
  strategy: 'dual_phase',
  settings: { base: github.url },
  current,
  newPassword: () => {
    throw new Error('GitHub draws its credentials itself.');
  },
});

async function answerOf<T>(asking: Promise<Told<T>>): Promise<T> {
  const { answer, calls } = await asking;
  told.push(answer, calls);
  return answer;
}
const refused = (reason: RegExp) => ({ outcome: 'refused', reason: expect.stringMatching(reason) as string });
const unavailable = { outcome: 'unavailable', reason: expect.stringMatching(/.{10}/) as string };
const DONE = { outcome: 'done' };

/** What is true of both: a person makes the next one, and an answer that explains nothing is no sign of life or death. */
function commonTo(name: string, rotator: Rotator, issue: () => Redacted): void {
  test(`${name}: is made by a person, and the refusal says how`, async () => {
    const value = issue();
    expect(await answerOf(rotator.create(orderOf(value)))).toEqual(
      refused(/for people alone: make one .* store it/),
    );
    expect(github.asked).toEqual([]);
    expect(await answerOf(rotator.install(orderOf(value), value))).toEqual(DONE);
    expect(await answerOf(rotator.destroy(orderOf(value), undefined))).toEqual(DONE);
    expect([rotator.overlap('dual_phase', {}), rotator.overlap('single_user', {})]).toEqual([
      'both',
      undefined,
    ]);
  });

  test(`${name}: is not taken for dead by an outage, nor for alive`, async () => {
    const value = issue();
    for (const status of [500, 403, 204]) {
      github.state.answer = status;
      expect(await answerOf(rotator.probe(orderOf(value), value))).toMatchObject(unavailable);
      expect(await answerOf(rotator.reinstate(orderOf(value), value))).toMatchObject(unavailable);
    }
  });

  test(`${name}: shows in nothing that is told`, async () => {
    const value = issue();
    await answerOf(rotator.probe(orderOf(value), value));
    await answerOf(rotator.retire(orderOf(value), value));
    const secrets = rotator.secretsIn(value).map((one) => ({ type: name, secret: one.reveal() }));
    expect(secrets).toHaveLength(1);
    expect(new SecretSearch(secrets).in('told', JSON.stringify(told))).toEqual([]);
    const nothing = new Redacted('{"nothing":"of it"}');
    expect(rotator.describe(nothing).ok).toBe(false);
    expect(rotator.secretsIn(nothing)).toEqual([]);
    expect(await answerOf(rotator.probe(orderOf(nothing), nothing))).toMatchObject(unavailable);
  });
}

describe('a personal access token', () => {
  const rotator = guardRotator(createGithubTokenRotator(http));
  let seed = 0;
  const issue = (asJson = false) => {
    const token = `ghp_${createRandom((seed += 1)).text('ABCDEFGHabcdefgh0123456789', 36)}`;
    github.state.tokens.add(token);
    return new Redacted(asJson ? JSON.stringify({ token, login: 'octo' }) : token);
  };
  commonTo('a token', rotator, issue);

  test.each([false, true])('works until it is revoked, for good (JSON: %s)', async (asJson) => {
    const [value, other] = [issue(asJson), issue(asJson)];
    const order = orderOf(value);
    expect(rotator.describe(value)).toMatchObject({ ok: true });
    expect(await answerOf(rotator.probe(order, value))).toEqual({ outcome: 'live' });
    expect(await answerOf(rotator.reinstate(order, value))).toEqual(DONE);
    for (let twice = 0; twice < 2; twice += 1)
      expect(await answerOf(rotator.retire(order, value))).toEqual(DONE);
    expect(await answerOf(rotator.probe(order, value))).toEqual({ outcome: 'dead' });
    expect(await answerOf(rotator.probe(order, other))).toEqual({ outcome: 'live' });
    expect(await answerOf(rotator.reinstate(order, value))).toEqual(refused(/cannot be taken back/));
    expect(await answerOf(rotator.destroy(order, other))).toEqual(DONE);
    expect(github.state.tokens.size).toBe(0);
  });

  test('that GitHub does not revoke is a person’s', async () => {
    const value = issue();
    github.state.answer = 422;
    expect(await answerOf(rotator.retire(orderOf(value), value))).toEqual(refused(/422.*delete it/));
    github.state.answer = 500;
    expect(await answerOf(rotator.retire(orderOf(value), value))).toMatchObject(unavailable);
  });
});

describe('a private key of an app', () => {
  const rotator = guardRotator(createGithubAppKeyRotator(http, clock));
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const issue = () => {
    github.state.keys.add(publicKey);
    return new Redacted(JSON.stringify({ appId: APP, privateKey: pem }));
  };
  commonTo('a key', rotator, issue);

  test('is proven by a token that it signs, and deleted by a person; what is done is recognised', async () => {
    const value = issue();
    const order = orderOf(value);
    expect(rotator.describe(value)).toEqual({ ok: true, value: { id: APP } });
    expect(await answerOf(rotator.probe(order, value))).toEqual({ outcome: 'live' });
    expect(await answerOf(rotator.reinstate(order, value))).toEqual(DONE);
    for (const act of ['retire', 'destroy'] as const)
      expect(await answerOf(rotator[act](order, value))).toEqual(
        refused(/people alone delete a private key/),
      );
    expect(github.asked.every(({ method, path }) => method === 'GET' && path === '/app')).toBe(true);
    github.state.keys.clear();
    expect(await answerOf(rotator.probe(order, value))).toEqual({ outcome: 'dead' });
    for (const act of ['retire', 'destroy'] as const)
      expect(await answerOf(rotator[act](order, value))).toEqual(DONE);
    expect(await answerOf(rotator.reinstate(order, value))).toEqual(refused(/cannot be taken back/));
  });

  test('that is no key of RSA is sent nowhere', async () => {
    const broken = new Redacted(JSON.stringify({ appId: APP, privateKey: 'no key' }));
    expect(await answerOf(rotator.probe(orderOf(broken), broken))).toMatchObject(unavailable);
    expect(github.asked).toEqual([]);
  });
});
