/** The protocols of providers, each from its documentation. */
import { ALPHABETS, createRandom } from '../fleet/random.ts';
import type { Asked, Protocol, Reply, Route } from './stand-in.ts';

const reply = (status: number, json?: unknown, headers?: Record<string, string>): Reply => ({
  status,
  ...(json !== undefined && { json }),
  ...(headers !== undefined && { headers }),
});
const read = (method: string, path: RegExp, answer: Route['answer']): Route => ({
  method,
  path,
  effect: 'read',
  answer,
});
const change = (method: string, path: RegExp, answer: Route['answer']): Route => ({
  method,
  path,
  effect: 'change',
  answer,
});
const text = (seed: number, alphabet: keyof typeof ALPHABETS, length: number) =>
  createRandom(seed).text(ALPHABETS[alphabet], length);
/** The revoker's own credential, made at run time. */
const ownKey = (name: string) => `own-${name}-${text(99, 'alphanumeric', 24)}`;

const slackCall = (asked: Asked, act: (found: NonNullable<ReturnType<Asked['working']>>) => Reply) => {
  const found = asked.working(asked.bearer);
  return found === undefined ? reply(200, { ok: false, error: 'token_revoked' }) : act(found);
};
const slack: Protocol = {
  name: 'slack',
  bases: ['api'],
  own: {},
  issue: (seed) => ({
    secret: ['xoxb', text(seed, 'hex', 12).replace(/\D/g, '7'), text(seed + 7, 'alphanumeric', 24)].join('-'),
    id: 'self',
    principal: `U${text(seed, 'upper', 8)}`,
    account: `T${text(5, 'upper', 8)}`,
  }),
  routes: [
    read('POST', /^\/api\/auth\.test$/, (asked) =>
      slackCall(asked, ({ principal, account }) =>
        reply(
          200,
          { ok: true, url: 'https://acme.example/', team_id: account, user_id: principal },
          { 'x-oauth-scopes': 'chat:write,channels:read' },
        ),
      ),
    ),
    change('POST', /^\/api\/auth\.revoke$/, (asked) =>
      slackCall(asked, (found) => {
        if (asked.world === 'denied') return reply(200, { ok: false, error: 'no_permission' });
        if (found.revoked) return reply(200, { ok: false, error: 'token_revoked' });
        asked.revoke(found);
        return reply(200, { ok: true, revoked: true });
      }),
    ),
  ],
};

const SENDGRID_OWN = { adminKey: ownKey('sendgrid') };
const sendgridId = (secret: string) => secret.split('.')[1] ?? '';
const sendgrid: Protocol = {
  name: 'sendgrid',
  bases: ['api'],
  own: SENDGRID_OWN,
  hidden: (secret) => secret.split('.')[2] ?? '',
  issue: (seed) => {
    const secret = ['SG', text(seed, 'base64url', 22), text(seed + 7, 'base64url', 43)].join('.');
    return { secret, id: sendgridId(secret), principal: '', account: '' };
  },
  routes: [
    read('GET', /^\/v3\/scopes$/, (asked) =>
      asked.working(asked.bearer) === undefined
        ? reply(401, { errors: [{ message: 'authorization required' }] })
        : reply(200, { scopes: ['mail.send', 'alerts.read'] }),
    ),
    read('GET', /^\/v3\/api_keys\/(?<id>[^/]+)$/, (asked) => {
      if (asked.bearer !== SENDGRID_OWN.adminKey) return reply(401, { errors: [{ message: 'no' }] });
      const found = asked.byId(asked.parts['id']);
      return found === undefined || found.revoked
        ? reply(404, { errors: [{ message: 'unable to find API Key' }] })
        : reply(200, { api_key_id: found.id, name: 'mail' });
    }),
    change('DELETE', /^\/v3\/api_keys\/(?<id>[^/]+)$/, (asked) => {
      if (asked.world === 'denied' || asked.bearer !== SENDGRID_OWN.adminKey)
        return reply(403, { errors: [{ message: 'access forbidden' }] });
      const found = asked.byId(asked.parts['id']);
      if (found === undefined || found.revoked) return reply(404, { errors: [{ message: 'not found' }] });
      asked.revoke(found);
      return reply(204);
    }),
  ],
};

const ANTHROPIC_OWN = { adminKey: ownKey('anthropic') };
const anthropicError = (status: number, type: string) =>
  reply(status, { type: 'error', error: { type, message: 'a message' } });
const anthropic: Protocol = {
  name: 'anthropic',
  bases: ['api'],
  own: ANTHROPIC_OWN,
  issue: (seed) => ({
    secret: `${['sk', 'ant', 'api03'].join('-')}-${text(seed, 'base64url', 93)}AA`,
    id: `apikey_${text(seed, 'alphanumeric', 24)}`,
    principal: 'user_1',
    account: 'wrkspc_1',
  }),
  routes: [
    read('GET', /^\/v1\/models$/, (asked) =>
      asked.working(asked.headers['x-api-key']) === undefined
        ? anthropicError(401, 'authentication_error')
        : reply(200, { data: [{ id: 'a-model', type: 'model' }], has_more: false }),
    ),
    read('GET', /^\/v1\/organizations\/api_keys$/, (asked) => {
      if (asked.headers['x-api-key'] !== ANTHROPIC_OWN.adminKey)
        return anthropicError(403, 'permission_error');
      const [, second] = asked.credentials;
      const listed =
        asked.world === 'ambiguous' && second ? [second, ...asked.credentials] : asked.credentials;
      // One key a page, so that a reader who stops at the first one finds nothing.
      const from = Number(asked.query.get('after_id') ?? '0');
      const data = listed.slice(from, from + 1).map((one) => ({
        id: one.id,
        type: 'api_key',
        partial_key_hint: `${one.secret.slice(0, 16)}...${one.secret.slice(-4)}`,
        created_by: { id: one.principal, type: 'user' },
        workspace_id: one.account,
        status: one.revoked ? 'inactive' : 'active',
      }));
      return reply(200, { data, has_more: from + 1 < listed.length, last_id: String(from + 1) });
    }),
    change('POST', /^\/v1\/organizations\/api_keys\/(?<id>[^/]+)$/, (asked) => {
      if (asked.world === 'denied' || asked.headers['x-api-key'] !== ANTHROPIC_OWN.adminKey)
        return anthropicError(403, 'permission_error');
      const found = asked.byId(asked.parts['id']);
      if (found === undefined) return anthropicError(404, 'not_found_error');
      const { status } = asked.json();
      if (status === 'active') found.revoked = false;
      else asked.revoke(found);
      return reply(200, { id: found.id, status: found.revoked ? 'inactive' : 'active' });
    }),
  ],
};

export const PROTOCOLS: readonly Protocol[] = [anthropic, sendgrid, slack];
