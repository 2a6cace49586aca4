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
const uuid = (seed: number) =>
  text(seed, 'hex', 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
const digits = (seed: number, length: number) => text(seed, 'hex', length).replaceAll(/\D/g, '7');
/** A prefix, put together at run time so that no scanner takes this file for a leak. */
const join = (...pieces: readonly string[]) => pieces.join('');
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

/** Providers whose token is asked about, and revoked, by itself: what differs is the paths, headers and answers. */
interface SelfService {
  readonly name: string;
  readonly bases?: readonly string[];
  readonly issue: Protocol['issue'];
  readonly token: (asked: Asked) => string | undefined;
  readonly who: readonly [method: string, path: RegExp, answer: (found: Found) => Reply];
  readonly dead: Reply;
  readonly kill: readonly [method: string, path: RegExp, answer: Reply];
  readonly denied: Reply;
  /** What a second revocation answers, where it is not what a dead token gets. */
  readonly again?: Reply;
  readonly more?: readonly Route[];
}
type Found = NonNullable<ReturnType<Asked['working']>>;

function selfService(it: SelfService): Protocol {
  return {
    name: it.name,
    bases: it.bases ?? ['api'],
    own: {},
    issue: it.issue,
    routes: [
      read(it.who[0], it.who[1], (asked) => {
        const found = asked.working(it.token(asked));
        return found === undefined ? it.dead : it.who[2](found);
      }),
      change(it.kill[0], it.kill[1], (asked) => {
        const found = asked.working(it.token(asked));
        if (found === undefined || found.revoked) return it.again ?? it.dead;
        if (asked.world === 'denied') return it.denied;
        asked.revoke(found);
        return it.kill[2];
      }),
      ...(it.more ?? []),
    ],
  };
}

const bearer = (asked: Asked) => asked.bearer;
const self = (secret: string, principal: string, account = '') => ({
  secret,
  id: 'self',
  principal,
  account,
});

const gitlab = selfService({
  name: 'gitlab',
  issue: (seed) => ({
    secret: join('gl', 'pat-', text(seed, 'alphanumeric', 20)),
    id: digits(seed, 6),
    principal: '70',
    account: '',
  }),
  token: (asked) => asked.headers['private-token'],
  who: [
    'GET',
    /^\/api\/v4\/personal_access_tokens\/self$/,
    ({ id }) =>
      reply(200, {
        id: Number(id),
        user_id: 70,
        scopes: ['api'],
        active: true,
        revoked: false,
        last_used_at: null,
      }),
  ],
  dead: reply(401, { error: 'invalid_token', error_description: 'Token was revoked.' }),
  kill: ['DELETE', /^\/api\/v4\/personal_access_tokens\/self$/, reply(204)],
  denied: reply(403, { message: '403 Forbidden' }),
});

const GITLAB_OWN = { adminToken: ownKey('gitlab') };
const gitlabByAdmin = (asked: Asked, act: (found: Found) => Reply): Reply => {
  if (asked.headers['private-token'] !== GITLAB_OWN.adminToken)
    return reply(401, { message: '401 Unauthorized' });
  const { token } = asked.json();
  const found = asked.credentials.find(({ secret }) => secret === token);
  return found === undefined ? reply(404, { message: '404 Not Found' }) : act(found);
};
const gitlabAdmin: Protocol = {
  name: 'gitlab-admin',
  bases: ['api'],
  own: GITLAB_OWN,
  issue: (seed) => ({
    secret: join('gl', 'dt-', text(seed, 'alphanumeric', 20)),
    id: digits(seed, 6),
    principal: '70',
    account: '',
  }),
  routes: [
    read('POST', /^\/api\/v4\/admin\/token$/, (asked) =>
      gitlabByAdmin(asked, (found) =>
        reply(200, { id: Number(found.id), user_id: 70, revoked: asked.working(found.secret) === undefined }),
      ),
    ),
    change('DELETE', /^\/api\/v4\/admin\/token$/, (asked) =>
      gitlabByAdmin(asked, (found) => {
        if (asked.world === 'denied') return reply(403, { message: '403 Forbidden' });
        asked.revoke(found);
        return reply(204);
      }),
    ),
  ],
};

const npm = selfService({
  name: 'npm',
  issue: (seed) => self(join('npm', '_', text(seed, 'alphanumeric', 36)), `user${seed}`),
  token: bearer,
  who: ['GET', /^\/-\/whoami$/, ({ principal }) => reply(200, { username: principal })],
  dead: reply(401, { message: 'Unauthorized' }),
  kill: ['DELETE', /^\/-\/npm\/v1\/tokens\/token\/[^/]+$/, reply(204)],
  denied: reply(401, { message: 'You must provide a one-time pass. Upgrade your client' }),
});

const huggingface: Protocol = {
  name: 'huggingface',
  bases: ['api'],
  own: {},
  issue: (seed) => self(join('hf', '_', text(seed, 'alphanumeric', 34)), `user${seed}`),
  routes: [
    read('GET', /^\/api\/whoami-v2$/, (asked) => {
      const found = asked.working(asked.bearer);
      if (found === undefined) return reply(401, { error: 'Invalid credentials in Authorization header' });
      return reply(200, { type: 'user', name: found.principal, auth: { accessToken: { role: 'write' } } });
    }),
    change('POST', /^\/api\/credentials\/revoke$/, (asked) => {
      const { credentials } = asked.json();
      for (const one of asked.credentials)
        if (Array.isArray(credentials) && credentials.includes(one.secret)) asked.revoke(one);
      return reply(202);
    }),
  ],
};

const CLOUDFLARE_OWN = { apiToken: ownKey('cloudflare') };
const cloudflareError = (status: number, code: number) =>
  reply(status, { success: false, errors: [{ code, message: 'no' }], messages: [], result: null });
const cloudflare: Protocol = {
  name: 'cloudflare',
  bases: ['api'],
  own: CLOUDFLARE_OWN,
  issue: (seed) => ({
    secret: text(seed, 'base64url', 40),
    id: text(seed + 3, 'hex', 32),
    principal: '',
    account: '',
  }),
  routes: [
    read('GET', /^\/client\/v4\/user\/tokens\/verify$/, (asked) => {
      const found = asked.working(asked.bearer);
      if (found === undefined) return cloudflareError(401, 1000);
      return reply(200, {
        success: true,
        errors: [],
        messages: [],
        result: { id: found.id, status: 'active' },
      });
    }),
    change('DELETE', /^\/client\/v4\/user\/tokens\/(?<id>[0-9a-f]{32})$/, (asked) => {
      if (asked.world === 'denied' || asked.bearer !== CLOUDFLARE_OWN.apiToken)
        return cloudflareError(403, 9109);
      const found = asked.byId(asked.parts['id']);
      if (found === undefined || found.revoked) return cloudflareError(404, 1003);
      asked.revoke(found);
      return reply(200, { success: true, errors: [], messages: [], result: { id: found.id } });
    }),
  ],
};

const digitalocean = selfService({
  name: 'digitalocean',
  bases: ['api', 'cloud'],
  issue: (seed) => self(join('dop', '_v1_', text(seed, 'hex', 64)), uuid(seed), uuid(3)),
  token: bearer,
  who: [
    'GET',
    /^\/v2\/account$/,
    ({ principal, account }) => reply(200, { account: { uuid: principal, team: { uuid: account } } }),
  ],
  dead: reply(401, { id: 'Unauthorized', message: 'Unable to authenticate you' }),
  kill: ['POST', /^\/v1\/oauth\/revoke$/, reply(200, {})],
  denied: reply(403, { error: 'forbidden' }),
});

const doppler = selfService({
  name: 'doppler',
  issue: (seed) => ({
    secret: join('dp', '.pt.', text(seed, 'alphanumeric', 43)),
    id: uuid(seed),
    principal: 'a token',
    account: 'acme',
  }),
  token: bearer,
  who: [
    'GET',
    /^\/v3\/me$/,
    ({ id, principal, account }) =>
      reply(200, { slug: id, name: principal, type: 'personal', workplace: { slug: account } }),
  ],
  dead: reply(401, { success: false, messages: ['Invalid Auth token'] }),
  kill: ['POST', /^\/v3\/auth\/revoke$/, reply(200, { success: true })],
  denied: reply(403, { success: false, messages: ['This token does not have access'] }),
});

const TWILIO_OWN = { accountSid: `AC${text(98, 'hex', 32)}`, authToken: ownKey('twilio') };
const twilioKey = (asked: Asked, act: (found: Found) => Reply): Reply => {
  const [user, password] = asked.basic;
  if (user !== TWILIO_OWN.accountSid || password !== TWILIO_OWN.authToken)
    return reply(401, { code: 20003, message: 'Authenticate' });
  const found = asked.working(asked.parts['sid']);
  return found === undefined ? reply(404, { code: 20404, message: 'not found' }) : act(found);
};
const TWILIO_PATH = new RegExp(
  `^/2010-04-01/Accounts/${TWILIO_OWN.accountSid}/Keys/(?<sid>SK[0-9a-f]{32})\\.json$`,
);
const twilio: Protocol = {
  name: 'twilio',
  bases: ['api'],
  own: TWILIO_OWN,
  // The SID is the key's name; what must not show is the account's own token.
  hidden: () => TWILIO_OWN.authToken,
  issue: (seed) => {
    const sid = `SK${text(seed, 'hex', 32)}`;
    return { secret: sid, id: sid, principal: '', account: '' };
  },
  routes: [
    read('GET', TWILIO_PATH, (asked) =>
      twilioKey(asked, ({ id }) => reply(200, { sid: id, friendly_name: 'a' })),
    ),
    change('DELETE', TWILIO_PATH, (asked) =>
      twilioKey(asked, (found) => {
        if (asked.world === 'denied') return reply(403, { code: 20403, message: 'Forbidden' });
        if (found.revoked) return reply(404, { code: 20404, message: 'not found' });
        asked.revoke(found);
        return reply(204);
      }),
    ),
  ],
};

const googleOauth: Protocol = {
  name: 'google-oauth',
  bases: ['api'],
  own: {},
  issue: (seed) => self(join('ya', '29.', text(seed, 'base64url', 120)), `u${seed}@acme.example`, 'client-1'),
  routes: [
    read('GET', /^\/tokeninfo$/, (asked) => {
      const found = asked.working(asked.query.get('access_token') ?? '');
      if (found === undefined)
        return reply(400, { error: 'invalid_token', error_description: 'Invalid Value' });
      return reply(200, {
        aud: found.account,
        email: found.principal,
        scope: 'openid email',
        expires_in: '3000',
      });
    }),
    change('POST', /^\/revoke$/, (asked) => {
      const found = asked.working(asked.form('token'));
      if (asked.world === 'denied') return reply(400, { error: 'unsupported_token_type' });
      if (found === undefined || found.revoked) return reply(400, { error: 'invalid_token' });
      asked.revoke(found);
      return reply(200, {});
    }),
  ],
};

const googleError = (status: number, name: string) =>
  reply(status, { error: { code: status, status: name, message: 'no' } });
const GOOGLE_KEYS_OWN = { accessToken: ownKey('google-keys') };
const googleKey = (asked: Asked, act: (found: Found) => Reply): Reply => {
  if (asked.bearer !== GOOGLE_KEYS_OWN.accessToken) return googleError(401, 'UNAUTHENTICATED');
  const found = asked.byId(asked.parts['name']);
  return found === undefined ? googleError(404, 'NOT_FOUND') : act(found);
};
const googleApiKeys: Protocol = {
  name: 'google-api-keys',
  bases: ['api'],
  own: GOOGLE_KEYS_OWN,
  issue: (seed) => ({
    secret: join('AI', 'za', text(seed, 'base64url', 35)),
    id: `projects/123456/locations/global/keys/${uuid(seed)}`,
    principal: '',
    account: 'projects/123456',
  }),
  routes: [
    read('GET', /^\/v2\/keys:lookupKey$/, (asked) => {
      const found = asked.credentials.find(({ secret }) => secret === asked.query.get('keyString'));
      if (asked.bearer !== GOOGLE_KEYS_OWN.accessToken || found === undefined)
        return googleError(403, 'PERMISSION_DENIED');
      return reply(200, { parent: found.account, name: found.id });
    }),
    read('GET', /^\/v2\/(?<name>projects\/[^:]+)$/, (asked) =>
      googleKey(asked, (found) =>
        reply(200, {
          name: found.id,
          ...(asked.working(found.secret) === undefined && { deleteTime: '2026-11-21T12:00:00Z' }),
        }),
      ),
    ),
    change('DELETE', /^\/v2\/(?<name>projects\/[^:]+)$/, (asked) =>
      googleKey(asked, (found) => {
        if (asked.world === 'denied') return googleError(403, 'PERMISSION_DENIED');
        if (found.revoked) return googleError(404, 'NOT_FOUND');
        asked.revoke(found);
        return reply(200, { name: 'operations/akmf.1', done: true });
      }),
    ),
  ],
};

const GOOGLE_IAM_OWN = { accessToken: ownKey('google-iam') };
const googleIamKey = (asked: Asked, act: (found: Found) => Reply): Reply => {
  if (asked.bearer !== GOOGLE_IAM_OWN.accessToken) return googleError(401, 'UNAUTHENTICATED');
  const found = asked.byId(decodeURIComponent(asked.parts['name'] ?? ''));
  return found === undefined ? googleError(404, 'NOT_FOUND') : act(found);
};
const googleServiceAccount: Protocol = {
  name: 'google-service-account',
  bases: ['api'],
  own: GOOGLE_IAM_OWN,
  hidden: (secret) => (JSON.parse(secret) as { private_key: string }).private_key,
  issue: (seed) => {
    const [project, email, key] = [
      'acme-prod',
      'ci@acme-prod.iam.gserviceaccount.com',
      text(seed, 'hex', 40),
    ];
    const secret = JSON.stringify({
      type: 'service_account',
      project_id: project,
      private_key_id: key,
      private_key: text(seed, 'base64', 200),
      client_email: email,
    });
    return {
      secret,
      id: `projects/${project}/serviceAccounts/${email}/keys/${key}`,
      principal: email,
      account: project,
    };
  },
  routes: [
    read('GET', /^\/v1\/(?<name>projects\/[^:]+)$/, (asked) =>
      googleIamKey(asked, (found) =>
        reply(200, { name: found.id, ...(asked.working(found.secret) === undefined && { disabled: true }) }),
      ),
    ),
    change('POST', /^\/v1\/(?<name>projects\/[^:]+):(?:dis|en)able$/, (asked) =>
      googleIamKey(asked, (found) => {
        if (asked.world === 'denied') return googleError(403, 'PERMISSION_DENIED');
        if (asked.path.endsWith(':enable')) found.revoked = false;
        else asked.revoke(found);
        return reply(200, {});
      }),
    ),
  ],
};

/** Providers that tell whether a key works, and whose revocation a person does. */
const onlyProbed = (
  name: string,
  issue: Protocol['issue'],
  path: RegExp,
  token: (asked: Asked) => string | undefined,
  live: Reply,
  dead: Reply,
): Protocol => ({
  name,
  bases: ['api'],
  own: {},
  issue,
  routes: [read('GET', path, (asked) => (asked.working(token(asked)) === undefined ? dead : live))],
});
const stripe = onlyProbed(
  'stripe',
  (seed) => self(join('sk', '_live_', text(seed, 'alphanumeric', 24)), ''),
  /^\/v1\/charges$/,
  bearer,
  reply(200, { object: 'list', data: [], has_more: false }),
  reply(401, { error: { type: 'invalid_request_error', message: 'Invalid API Key provided' } }),
);
const datadog = onlyProbed(
  'datadog',
  (seed) => self(text(seed, 'hex', 32), ''),
  /^\/api\/v1\/validate$/,
  (asked) => asked.headers['dd-api-key'],
  reply(200, { valid: true }),
  reply(403, { errors: ['Forbidden'] }),
);

const OPENAI_OWN = { adminKey: ownKey('openai'), project: 'proj_1' };
const openai: Protocol = {
  name: 'openai',
  bases: ['api'],
  own: OPENAI_OWN,
  issue: (seed) => ({
    secret: join(
      'sk-',
      'proj-',
      text(seed, 'base64url', 74),
      'T3Blbk',
      'FJ',
      text(seed + 5, 'base64url', 74),
    ),
    id: `key_${text(seed, 'alphanumeric', 16)}`,
    principal: 'user-1',
    account: 'proj_1',
  }),
  routes: [
    read('GET', /^\/v1\/me$/, (asked) => {
      const found = asked.working(asked.bearer);
      if (found === undefined)
        return reply(401, { error: { code: 'invalid_api_key', message: 'Incorrect' } });
      return reply(200, { object: 'user', id: found.principal });
    }),
    read('GET', /^\/v1\/organization\/projects\/proj_1\/api_keys$/, (asked) => {
      if (asked.bearer !== OPENAI_OWN.adminKey) return reply(401, { error: { message: 'no' } });
      // In the ambiguous world keys are shown as the documentation's example has it: three characters at each end.
      const [head, tail] = asked.world === 'ambiguous' ? [9, 2] : [12, 4];
      const data = asked.credentials.map(({ id, secret }) => ({
        object: 'organization.project.api_key',
        id,
        redacted_value: `${secret.slice(0, head)}...${secret.slice(-tail)}`,
      }));
      return reply(200, { object: 'list', data, has_more: false, last_id: data.at(-1)?.id });
    }),
    change('DELETE', /^\/v1\/organization\/projects\/proj_1\/api_keys\/(?<id>\w+)$/, (asked) => {
      if (asked.world === 'denied' || asked.bearer !== OPENAI_OWN.adminKey)
        return reply(403, { error: { message: 'insufficient permissions' } });
      const found = asked.byId(asked.parts['id']);
      if (found === undefined || found.revoked) return reply(404, { error: { message: 'not found' } });
      asked.revoke(found);
      return reply(200, { object: 'organization.project.api_key.deleted', id: found.id, deleted: true });
    }),
  ],
};

const vercel = selfService({
  name: 'vercel',
  issue: (seed) => ({
    secret: text(seed, 'alphanumeric', 24),
    id: text(seed + 2, 'hex', 64),
    principal: '',
    account: '',
  }),
  token: bearer,
  who: [
    'GET',
    /^\/v5\/user\/tokens\/current$/,
    ({ id }) => reply(200, { token: { id, name: 'ci', type: 'oauth2-token' } }),
  ],
  dead: reply(403, { error: { code: 'forbidden', message: 'Not authorized', invalidToken: true } }),
  kill: ['DELETE', /^\/v3\/user\/tokens\/current$/, reply(200, { tokenId: 'it' })],
  denied: reply(403, { error: { code: 'forbidden', message: 'Not allowed' } }),
});

const buildkite = selfService({
  name: 'buildkite',
  issue: (seed) => ({
    secret: join('bk', 'ua_', text(seed, 'hex', 40)),
    id: uuid(seed),
    principal: 'a@acme.example',
    account: '',
  }),
  token: bearer,
  who: [
    'GET',
    /^\/v2\/access-token$/,
    ({ id, principal }) =>
      reply(200, { uuid: id, scopes: ['read_builds'], user: { email: principal, name: 'A' } }),
  ],
  dead: reply(401, { message: 'Authentication required' }),
  kill: ['DELETE', /^\/v2\/access-token$/, reply(204)],
  denied: reply(403, { message: 'Forbidden' }),
});

const cratesIo: Protocol = {
  name: 'crates-io',
  bases: ['api'],
  own: {},
  issue: (seed) => self(join('c', 'io', text(seed, 'alphanumeric', 32)), ''),
  routes: [
    change('DELETE', /^\/api\/v1\/tokens\/current$/, (asked) => {
      const found = asked.working(asked.headers['authorization']);
      if (found === undefined || found.revoked)
        return reply(403, { errors: [{ detail: 'authentication failed' }] });
      if (asked.world === 'denied')
        return reply(403, { errors: [{ detail: 'not permitted for this token' }] });
      asked.revoke(found);
      return reply(204);
    }),
  ],
};

const herokuError = (status: number, id: string) => reply(status, { id, message: 'no' });
const heroku: Protocol = {
  name: 'heroku',
  bases: ['api'],
  own: {},
  issue: (seed) => ({
    secret: join('HR', 'KU-', text(seed, 'base64url', 60)),
    id: uuid(seed),
    principal: 'a@acme.example',
    account: '',
  }),
  routes: [
    read('GET', /^\/account$/, (asked) =>
      asked.working(asked.bearer) === undefined
        ? herokuError(401, 'unauthorized')
        : reply(200, { id: uuid(1) }),
    ),
    read('GET', /^\/oauth\/authorizations$/, (asked) => {
      if (asked.working(asked.bearer) === undefined) return herokuError(401, 'unauthorized');
      const shown = (secret: string) => (asked.world === 'ambiguous' ? '********' : secret);
      return reply(
        200,
        asked.credentials.map(({ id, secret, principal }) => ({
          id,
          access_token: { id: uuid(2), token: shown(secret) },
          user: { email: principal },
        })),
      );
    }),
    change('DELETE', /^\/oauth\/authorizations\/(?<id>[0-9a-f-]+)$/, (asked) => {
      const found = asked.working(asked.bearer);
      if (found === undefined) return herokuError(401, 'unauthorized');
      if (asked.world === 'denied') return herokuError(403, 'forbidden');
      const target = asked.byId(asked.parts['id']);
      if (target === undefined || target.revoked) return herokuError(404, 'not_found');
      asked.revoke(target);
      return reply(200, { id: target.id });
    }),
  ],
};

const DISCORD_PATH = /^\/api\/webhooks\/(?<id>\d+)\/(?<token>[\w-]+)$/;
const discordHook = (asked: Asked) =>
  join('discord', '.com/api/webhooks/', asked.parts['id'] ?? '', '/', asked.parts['token'] ?? '');
const discord: Protocol = {
  ...selfService({
    name: 'discord',
    issue: (seed) => {
      const id = `9${digits(seed, 17)}`;
      const secret = join('discord', '.com/api/webhooks/', id, '/', text(seed, 'base64url', 68));
      return { secret, id, principal: '5550001', account: '5550002' };
    },
    token: discordHook,
    who: [
      'GET',
      DISCORD_PATH,
      // As Discord has it: its answer quotes the token and the whole address.
      ({ id, principal, account, secret }) =>
        reply(200, {
          id,
          channel_id: principal,
          guild_id: account,
          token: secret.split('/').at(-1),
          url: `https://${secret}`,
        }),
    ],
    dead: reply(404, { message: 'Unknown Webhook', code: 10015 }),
    kill: ['DELETE', DISCORD_PATH, reply(204)],
    denied: reply(403, { message: 'no', code: 50013 }),
  }),
  hidden: (secret) => secret.split('/').at(-1) ?? '',
};

const vault = selfService({
  name: 'vault',
  issue: (seed) => ({
    secret: join('hv', 's.', text(seed, 'alphanumeric', 90)),
    id: text(seed + 3, 'alphanumeric', 24),
    principal: 'token-ci',
    account: '',
  }),
  token: (asked) => asked.headers['x-vault-token'],
  who: [
    'GET',
    /^\/v1\/auth\/token\/lookup-self$/,
    ({ id, principal }) =>
      reply(200, {
        data: { accessor: id, display_name: principal, policies: ['default', 'ci'], type: 'service' },
      }),
  ],
  dead: reply(403, { errors: ['2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n'] }),
  kill: ['POST', /^\/v1\/auth\/token\/revoke-self$/, reply(204)],
  denied: reply(403, { errors: ['1 error occurred:\n\t* permission denied\n\n'] }),
});

export const PROTOCOLS: readonly Protocol[] = [
  anthropic,
  buildkite,
  cloudflare,
  cratesIo,
  datadog,
  digitalocean,
  discord,
  doppler,
  gitlab,
  gitlabAdmin,
  googleApiKeys,
  googleOauth,
  googleServiceAccount,
  heroku,
  huggingface,
  npm,
  openai,
  sendgrid,
  slack,
  stripe,
  twilio,
  vault,
  vercel,
];
