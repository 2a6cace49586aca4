/**
 * Credentials that no API can draw: GitHub makes tokens and the private keys of its apps only for a person in front of a
 * browser. What can be done is done (a token is proven and revoked); the rest is refused with what a person has to do.
 */
import { createPrivateKey, createSign } from 'node:crypto';
import { z } from 'zod';
import type { RotationStrategy } from '../../contracts/rotation.ts';
import { readJson, textAt } from '../../kernel/answers.ts';
import type { Clock } from '../../kernel/clock.ts';
import { Redacted } from '../../kernel/redacted.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { askDeclared } from '../../platform/ask-declared.ts';
import type { Http, HttpExchange } from '../../platform/http.ts';
import type { Change, Liveness, Refused, RotationOrder, Rotator } from '../domain/ports.ts';

const API = 'https://api.github.com';
const settingsSchema = z.strictObject({
  /** The address of an Enterprise Server's API. */
  base: z.url().default(API),
});
const refusal = (reason: string): Refused => ({ outcome: 'refused', reason });
const DONE = { outcome: 'done' } as const;
const HEADERS = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };
const both = (strategy: RotationStrategy) => (strategy === 'dual_phase' ? 'both' : undefined);

const TOKEN_STEPS =
  'GitHub makes tokens for people alone: make one with the same rights under Settings, Developer settings, and store it as the next version of the secret';
const KEY_STEPS =
  'GitHub makes private keys of an app for people alone: make one under the app’s settings, Private keys, and store it as the next version of the secret; an app can have two at a time';

interface TokenSecret {
  readonly token: string;
}

function readToken(value: Redacted): Result<TokenSecret, string> {
  const whole = value.reveal();
  const token = textAt(readJson(whole), '/token') ?? whole;
  return /^(?:gh[pousr]_|github_pat_)\w{20,255}$/.test(token)
    ? ok({ token })
    : err('the secret is no GitHub token, and its JSON has none as `token`');
}

async function liveness(
  exchange: HttpExchange,
  base: string,
  path: string,
  bearer: string,
  has: string,
): Promise<Liveness> {
  const answer = await askDeclared(exchange, {
    request: { method: 'GET', path, headers: { ...HEADERS, authorization: 'Bearer {{bearer}}' } },
    base,
    where: 'base',
    lookup: (name) => (name === 'bearer' ? bearer : undefined),
    agent: 'shhh-rotation',
  });
  if ('outcome' in answer) return { ...answer, outcome: 'unavailable' };
  if (answer.status === 200 && textAt(answer.json, has) !== undefined) return { outcome: 'live' };
  if (answer.status === 401 && textAt(answer.json, '/message') !== undefined) return { outcome: 'dead' };
  return {
    outcome: 'unavailable',
    reason: `GitHub: an answer ${answer.status} that its protocol does not explain`,
  };
}

/** A personal or fine-grained token: it is proven and revoked here, and made by a person. */
export function createGithubTokenRotator(http: Http): Rotator {
  async function probe(order: RotationOrder, value: Redacted) {
    const read = readToken(value);
    if (!read.ok) return { answer: { outcome: 'unavailable' as const, reason: read.error }, calls: [] };
    const { base } = settingsSchema.parse(order.settings);
    const exchange = http.begin();
    return {
      answer: await liveness(exchange, base, '/user', read.value.token, '/login'),
      calls: exchange.calls,
    };
  }

  async function revoke(order: RotationOrder, value: Redacted) {
    const read = readToken(value);
    if (!read.ok) return { answer: refusal(read.error), calls: [] };
    const { base } = settingsSchema.parse(order.settings);
    const exchange = http.begin();
    const tell = (answer: Change) => ({ answer, calls: exchange.calls });
    const answer = await askDeclared(exchange, {
      // Without authentication, as GitHub demands of this call; repeating it is harmless.
      request: {
        method: 'POST',
        path: '/credentials/revoke',
        headers: HEADERS,
        json: { credentials: ['{{token}}'] },
        idempotent: true,
      },
      base,
      where: 'base',
      lookup: (name) => (name === 'token' ? read.value.token : undefined),
      agent: 'shhh-rotation',
    });
    if ('outcome' in answer) return tell(answer.outcome === 'impossible' ? refusal(answer.reason) : answer);
    if (answer.status === 202) return tell(DONE);
    return tell(
      answer.status === 403 || answer.status === 404 || answer.status === 422
        ? refusal(
            `GitHub: ${answer.status}, it does not revoke this token here: delete it in its owner's settings`,
          )
        : {
            outcome: 'unavailable',
            reason: `GitHub: an answer ${answer.status} that its protocol does not explain`,
          },
    );
  }

  return {
    kind: 'github-token',
    settings: settingsSchema,
    overlap: both,
    needsAuthority: () => false,
    propagationSeconds: 60,
    permission: 'none: anybody may revoke a token that they hold, 60 requests an hour',
    documentation: 'https://docs.github.com/en/rest/credentials/revoke',
    describe: (value) => {
      const read = readToken(value);
      return read.ok ? ok({ id: 'self' }) : read;
    },
    secretsIn: (value) => {
      const read = readToken(value);
      return read.ok ? [new Redacted(read.value.token)] : [];
    },
    create: async () => ({ answer: refusal(TOKEN_STEPS), calls: [] }),
    install: async () => ({ answer: DONE, calls: [] }),
    probe,
    retire: revoke,
    async reinstate(order, old) {
      const { answer, calls } = await probe(order, old);
      if (answer.outcome === 'live') return { answer: DONE, calls };
      return {
        answer: answer.outcome === 'dead' ? refusal('a revoked token cannot be taken back') : answer,
        calls,
      };
    },
    destroy: async (order, value) =>
      value === undefined ? { answer: DONE, calls: [] } : revoke(order, value),
  };
}

interface AppKey {
  readonly appId: string;
  readonly privateKey: string;
}

function readAppKey(value: Redacted): Result<AppKey, string> {
  const json = readJson(value.reveal());
  const appId = textAt(json, '/appId');
  const privateKey = textAt(json, '/privateKey');
  if (appId === undefined || !/^[\w.]{1,40}$/.test(appId)) return err('the secret has no `appId`');
  return privateKey === undefined ? err('the secret has no `privateKey`') : ok({ appId, privateKey });
}

/** A JWT that proves the key (RFC 7519, RS256); it lives for a minute. @returns undefined where the key is no RSA key */
function appToken({ appId, privateKey }: AppKey, nowMs: number): string | undefined {
  const seconds = Math.floor(nowMs / 1_000);
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  // The beginning lies back for clocks that go behind.
  const claims = { iat: seconds - 60, exp: seconds + 60, iss: appId };
  const text = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  try {
    const signature = createSign('RSA-SHA256').update(text).sign(createPrivateKey(privateKey), 'base64url');
    return `${text}.${signature}`;
  } catch {
    return undefined;
  }
}

/** An app's private key: proven by a token that it signs; made and deleted by a person. */
export function createGithubAppKeyRotator(http: Http, clock: Clock): Rotator {
  async function probe(order: RotationOrder, value: Redacted) {
    const read = readAppKey(value);
    const token = read.ok ? appToken(read.value, clock.now()) : undefined;
    if (token === undefined)
      return {
        answer: {
          outcome: 'unavailable' as const,
          reason: read.ok ? 'the private key is no PEM of an RSA key' : read.error,
        },
        calls: [],
      };
    const { base } = settingsSchema.parse(order.settings);
    const exchange = http.begin();
    return { answer: await liveness(exchange, base, '/app', token, '/slug'), calls: exchange.calls };
  }

  /** Done where a person has already done it. */
  async function byHand(order: RotationOrder, value: Redacted) {
    const { answer, calls } = await probe(order, value);
    const told: Change =
      answer.outcome === 'dead'
        ? DONE
        : answer.outcome === 'live'
          ? refusal(
              'GitHub lets people alone delete a private key: do it under the app’s settings, Private keys',
            )
          : answer;
    return { answer: told, calls };
  }

  return {
    kind: 'github-app-key',
    settings: settingsSchema,
    overlap: both,
    needsAuthority: () => false,
    propagationSeconds: 60,
    permission: 'none beside the key itself',
    documentation:
      'https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/managing-private-keys-for-github-apps',
    describe: (value) => {
      const read = readAppKey(value);
      return read.ok ? ok({ id: read.value.appId }) : read;
    },
    secretsIn: (value) => {
      const read = readAppKey(value);
      return read.ok ? [new Redacted(read.value.privateKey)] : [];
    },
    create: async () => ({ answer: refusal(KEY_STEPS), calls: [] }),
    install: async () => ({ answer: DONE, calls: [] }),
    probe,
    retire: byHand,
    async reinstate(order, old) {
      const { answer, calls } = await probe(order, old);
      if (answer.outcome === 'live') return { answer: DONE, calls };
      return {
        answer: answer.outcome === 'dead' ? refusal('a deleted private key cannot be taken back') : answer,
        calls,
      };
    },
    destroy: async (order, value) =>
      value === undefined ? { answer: DONE, calls: [] } : byHand(order, value),
  };
}
