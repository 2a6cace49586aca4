/**
 * APIs that draw keys, in the small: real HTTP servers that keep keys and speak a provider's protocol as its
 * documentation has it. Written from the documentation, not from the declarations that are tested with them.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import { createHttp } from '../../../functions/platform/http.ts';
import {
  createDeclaredRotator,
  createHttpRotator,
} from '../../../functions/rotation/adapters/declared-rotator.ts';
import { guardRotator, textsIn } from '../../../functions/rotation/adapters/guard-rotator.ts';
import { declarationPack } from '../../../functions/rotation/domain/compile-declarations.ts';
import type { Rotator } from '../../../functions/rotation/domain/ports.ts';
import { ALPHABETS, createRandom } from '../fleet/random.ts';
import { bodyOf, listen, strike, type World } from '../providers/stand-in.ts';
import type { Issued, RotatorUnderTest } from './rotator-contract.ts';

export interface Key {
  readonly id: string;
  readonly secret: string;
  readonly name: string;
}

export interface SaasRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly basic: readonly [string, string];
  readonly body: string;
  readonly keys: Map<string, Key>;
  /** Draws a key and keeps it. */
  readonly draw: (name: string) => Key;
}

export interface SaasReply {
  readonly status: number;
  readonly json?: unknown;
}

export interface Saas {
  readonly kind: string;
  readonly authority: Readonly<Record<string, string>>;
  /** Further settings of a policy. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly drawn: (seed: number) => { readonly id: string; readonly secret: string };
  /** The secret's text. */
  textOf(key: Key): Readonly<Record<string, string>>;
  answer(request: SaasRequest): SaasReply;
  readonly hidden?: (secret: string) => string;
}

const random = (seed: number, alphabet: keyof typeof ALPHABETS, length: number) =>
  createRandom(seed).text(ALPHABETS[alphabet], length);
const owner = (name: string) => `own-${name}-${random(99, 'alphanumeric', 24)}`;
const named = z.object({ name: z.string(), scopes: z.array(z.string()).optional() });

const sendgridAuthority = { key: owner('sendgrid') };
const sendgrid: Saas = {
  kind: 'sendgrid',
  authority: sendgridAuthority,
  settings: { scopes: ['mail.send'] },
  drawn: (seed) => {
    const id = random(seed, 'base64url', 21);
    return { id: `k${id}`, secret: ['SG', `k${id}`, random(seed + 7, 'base64url', 43)].join('.') };
  },
  textOf: ({ id, secret }) => ({ id, key: secret, from: 'orders@acme.example' }),
  hidden: (secret) => secret.split('.')[2] ?? secret,
  answer({ method, path, headers, body, keys, draw }) {
    const bearer = (headers['authorization'] ?? '').replace(/^Bearer /, '');
    const problem = (status: number, message: string) => ({ status, json: { errors: [{ message }] } });
    if (method === 'GET' && path === '/v3/scopes')
      return Array.from(keys.values()).some(({ secret }) => secret === bearer)
        ? { status: 200, json: { scopes: ['mail.send'] } }
        : problem(401, 'authorization required');
    if (bearer !== sendgridAuthority.key) return problem(401, 'authorization required');
    if (method === 'GET' && path === '/v3/api_keys')
      return {
        status: 200,
        json: { result: Array.from(keys.values(), ({ id, name }) => ({ api_key_id: id, name })) },
      };
    if (method === 'POST' && path === '/v3/api_keys') {
      const { name, scopes } = named.parse(JSON.parse(body));
      if (scopes === undefined) return problem(400, 'scopes missing');
      const { id, secret } = draw(name);
      return { status: 201, json: { api_key: secret, api_key_id: id, name, scopes } };
    }
    const id = /^\/v3\/api_keys\/([^/]+)$/.exec(path)?.[1] ?? '';
    if (method === 'DELETE')
      return keys.delete(id) ? { status: 204 } : problem(404, 'unable to find API Key');
    return problem(404, 'not found');
  },
};

const datadogAuthority = { apiKey: owner('datadog-api'), applicationKey: owner('datadog-app') };
const datadogBody = z.object({
  data: z.object({ type: z.literal('api_keys'), attributes: z.object({ name: z.string() }) }),
});
const datadog: Saas = {
  kind: 'datadog',
  authority: datadogAuthority,
  settings: {},
  drawn: (seed) => ({
    id: random(seed, 'hex', 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    secret: random(seed + 7, 'hex', 32),
  }),
  textOf: ({ id, secret }) => ({ id, key: secret, site: 'datadoghq.example' }),
  answer({ method, path, query, headers, body, keys, draw }) {
    const forbidden = { status: 403, json: { errors: ['Forbidden'] } };
    const own = headers['dd-api-key'];
    if (method === 'GET' && path === '/api/v1/validate')
      return Array.from(keys.values()).some(({ secret }) => secret === own)
        ? { status: 200, json: { valid: true } }
        : forbidden;
    if (own !== datadogAuthority.apiKey || headers['dd-application-key'] !== datadogAuthority.applicationKey)
      return forbidden;
    const shown = ({ id, name }: Key) => ({ type: 'api_keys', id, attributes: { name } });
    if (method === 'GET' && path === '/api/v2/api_keys') {
      const filter = query.get('filter') ?? '';
      return {
        status: 200,
        json: {
          data: Array.from(keys.values())
            .filter(({ name }) => name.includes(filter))
            .map(shown),
        },
      };
    }
    if (method === 'POST' && path === '/api/v2/api_keys') {
      const { data } = datadogBody.parse(JSON.parse(body));
      const key = draw(data.attributes.name);
      return {
        status: 201,
        json: { data: { ...shown(key), attributes: { name: key.name, key: key.secret } } },
      };
    }
    const id = /^\/api\/v2\/api_keys\/([^/]+)$/.exec(path)?.[1] ?? '';
    if (method === 'DELETE')
      return keys.delete(id) ? { status: 204 } : { status: 404, json: { errors: ['Not Found'] } };
    return { status: 404, json: { errors: ['Not Found'] } };
  },
};

const TWILIO_ACCOUNT = `AC${random(3, 'hex', 32)}`;
const twilioAuthority = { sid: TWILIO_ACCOUNT, secret: owner('twilio') };
const twilio: Saas = {
  kind: 'twilio',
  authority: twilioAuthority,
  settings: {},
  drawn: (seed) => ({
    id: `SK${random(seed, 'hex', 32)}`,
    secret: random(seed + 7, 'alphanumeric', 32),
  }),
  textOf: ({ id, secret }) => ({ accountSid: TWILIO_ACCOUNT, sid: id, secret }),
  answer({ method, path, basic, body, keys, draw }) {
    const problem = (status: number, code: number) => ({ status, json: { code, message: 'no', status } });
    const root = `/2010-04-01/Accounts/${TWILIO_ACCOUNT}`;
    if (method === 'GET' && path === `${root}/Messages.json`)
      return keys.get(basic[0])?.secret === basic[1]
        ? { status: 200, json: { messages: [], page_size: 1 } }
        : problem(401, 20_003);
    if (basic[0] !== twilioAuthority.sid || basic[1] !== twilioAuthority.secret) return problem(401, 20_003);
    const shown = ({ id, name }: Key) => ({ sid: id, friendly_name: name });
    if (path === `${root}/Keys.json`) {
      if (method === 'GET') return { status: 200, json: { keys: Array.from(keys.values(), shown) } };
      const key = draw(new URLSearchParams(body).get('FriendlyName') ?? '');
      return { status: 201, json: { ...shown(key), secret: key.secret } };
    }
    const id = new RegExp(`^${root}/Keys/(\\w+)\\.json$`).exec(path)?.[1] ?? '';
    if (method === 'DELETE') return keys.delete(id) ? { status: 204 } : problem(404, 20_404);
    return problem(404, 20_404);
  },
};

export const SAAS: readonly Saas[] = [sendgrid, datadog, twilio];

export interface SaasUnderTest extends RotatorUnderTest {
  readonly keys: ReadonlyMap<string, Key>;
  enter(world: World): void;
  issue(seed: number): Promise<Issued>;
}

/** @param by the kind's own rotator, or that of policies which write the protocol out */
export async function openSaas(saas: Saas, by: 'its own' | 'http' = 'its own'): Promise<SaasUnderTest> {
  const keys = new Map<string, Key>();
  let world: World = 'normal';
  let seed = 1_000;
  const draw = (name: string): Key => {
    seed += 1;
    const key = { ...saas.drawn(seed), name };
    keys.set(key.id, key);
    return key;
  };
  const server = await listen((request, response) => {
    void (async () => {
      const body = await bodyOf(request);
      if (strike(world, request, response, body, 'http://127.0.0.1:9')) return;
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stand-in');
      const credentials = (request.headers.authorization ?? '').replace(/^Basic /, '');
      const [user = '', password = ''] = Buffer.from(credentials, 'base64').toString('utf8').split(':');
      const { status, json } = saas.answer({
        method: request.method ?? '',
        path: pathname,
        query: searchParams,
        headers: request.headers as Record<string, string | undefined>,
        basic: [user, password],
        body,
        keys,
        draw,
      });
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(json === undefined ? '' : JSON.stringify(json));
    })().catch(() => request.socket.destroy());
  });
  const http = createHttp({ clock: systemClock, sleep: () => sleep(1) });
  const pack = declarationPack.parse(
    JSON.parse(await readFile(new URL('../../../functions/rotation/declared.json', import.meta.url), 'utf8')),
  );
  const declared = pack.rotators.find(({ kind }) => kind === saas.kind);
  if (declared === undefined) throw new Error(`${saas.kind} is not declared`);
  const rotator: Rotator = by === 'http' ? createHttpRotator(http) : createDeclaredRotator(declared, http);
  const { id, secrets, create, list, probe, destroy } = declared;
  const { request } = create;
  const writtenOut = {
    ...{ id, secrets, list, probe, destroy },
    create: { ...create, request: { ...request, json: { ...request.json, ...saas.settings } } },
  };
  return {
    rotator: guardRotator(rotator, (authority) => textsIn(authority).map((text) => new Redacted(text))),
    keys,
    ...(saas.hidden !== undefined && { hidden: saas.hidden }),
    enter: (next) => (world = next),
    outage: async (on) => {
      world = on ? 'failing' : 'normal';
    },
    foreign: (current) =>
      new Redacted(JSON.stringify({ ...(JSON.parse(current.reveal()) as object), id: '../x', sid: '../x' })),
    async issue(number) {
      const key = draw(`by-hand-${number}`);
      return {
        current: new Redacted(JSON.stringify(saas.textOf(key))),
        authority: new Redacted(JSON.stringify(saas.authority)),
        settings: { base: server.url, ...(by === 'http' ? writtenOut : saas.settings) },
        works: async (value) => {
          const { id, sid, key: one, secret } = JSON.parse(value.reveal()) as Record<string, string>;
          return keys.get(id ?? sid ?? '')?.secret === (one ?? secret);
        },
        count: async () => keys.size,
      };
    },
    close: () => server.close(),
  };
}
