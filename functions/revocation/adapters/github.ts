/**
 * GitHub tokens. Personal, OAuth and refresh tokens go to the endpoint that anybody may call and that must be called
 * without authentication; an app's installation tokens revoke themselves. Octokit speaks, over our own HTTP.
 */
import { Octokit } from '@octokit/rest';
import type { Redacted } from '../../kernel/redacted.ts';
import { readJson, textAt } from '../../kernel/answers.ts';
import type {
  Identification,
  Liveness,
  Revocation,
  RevocationProvider,
  Told,
  Unavailable,
  Use,
} from '../domain/provider.ts';
import { refuseBaseUrl, type Http, type HttpExchange, type HttpOutcome } from '../../platform/http.ts';

export interface GithubProviderOptions {
  readonly http: Http;
  /** `https://api.github.com`, or an Enterprise Server's `https://HOST/api/v3`. */
  readonly baseUrl?: string;
}

const PUBLIC_API = 'https://api.github.com';

/** What of a token's prefix decides how it is asked and revoked. */
type Kind = 'user' | 'installation' | 'refresh';

function kindOf(token: string): Kind | undefined {
  if (/^(?:ghp|gho|ghu)_[A-Za-z0-9]{36}$/.test(token)) return 'user';
  if (/^github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}$/.test(token)) return 'user';
  if (/^ghs_[A-Za-z0-9]{36}$/.test(token)) return 'installation';
  if (/^ghs_\d{1,20}_ey[\w-]{10,1000}(?:\.[\w-]{10,1000}){2}$/.test(token)) return 'installation';
  return /^ghr_(?:[A-Za-z0-9]{36}|[A-Za-z0-9]{76})$/.test(token) ? 'refresh' : undefined;
}

export const ABOUT_GITHUB = {
  provider: 'github',
  secretTypes: [
    'github-pat',
    'github-fine-grained-pat',
    'github-app-token',
    'github-refresh-token',
    'github-stateless-token',
  ],
  needsSecret: true,
  propagationSeconds: 60,
  permission: 'none: anybody may revoke a token that they found, 60 requests an hour',
  manualSteps: [
    "Sign in as the token's owner and open Settings, Developer settings, Personal access tokens; delete the token.",
    'An organisation owner removes a fine-grained token under Settings, Personal access tokens, Active tokens.',
    "For an app's tokens rotate its private key or client secret, and look in the audit log for what was done.",
  ],
  documentation: 'https://docs.github.com/en/rest/credentials/revoke',
} as const;

export function createGithubProvider({
  http,
  baseUrl = PUBLIC_API,
}: GithubProviderOptions): RevocationProvider {
  const refused = refuseBaseUrl(baseUrl);

  /** One exchange; the token is sent where it is given, and nowhere else. */
  async function tell<T>(operation: (github: Github) => Promise<T>): Promise<Told<T>> {
    const exchange = http.begin();
    return { answer: await operation(new Github(exchange, baseUrl)), calls: exchange.calls };
  }

  async function identify(secret: Redacted, github: Github): Promise<Identification> {
    const token = secret.reveal();
    const kind = kindOf(token);
    if (refused !== undefined)
      return { outcome: 'ambiguous', reason: `github.api cannot be used: ${refused}` };
    if (kind === undefined)
      return { outcome: 'ambiguous', reason: 'what was found has not the form of a GitHub token' };
    if (kind === 'refresh') return { outcome: 'identified', identity: { id: 'self' } };
    const answer = await github.who(kind, token);
    if (answer.kind === 'failure') return unavailable(answer);
    if (answer.status === 401) return { outcome: 'dead' };
    const json = readJson(answer.body);
    if (kind === 'installation')
      return isLive(kind, answer)
        ? { outcome: 'identified', identity: { id: 'self', principal: 'an app installation' } }
        : unread(answer.status);
    const login = textAt(json, '/login');
    return answer.status === 200 && login !== undefined
      ? { outcome: 'identified', identity: { id: 'self', principal: login } }
      : unread(answer.status);
  }

  async function probe(secret: Redacted, github: Github): Promise<Liveness> {
    const token = secret.reveal();
    const kind = kindOf(token);
    if (kind === undefined || kind === 'refresh')
      return { outcome: 'unavailable', reason: 'a refresh token can only be tried by using it up' };
    const answer = await github.who(kind, token);
    if (answer.kind === 'failure') return unavailable(answer);
    if (answer.status === 401 && textAt(readJson(answer.body), '/message') !== undefined)
      return { outcome: 'dead' };
    return isLive(kind, answer) ? { outcome: 'live' } : unread(answer.status);
  }

  async function revoke(secret: Redacted, github: Github): Promise<Revocation> {
    const token = secret.reveal();
    const kind = kindOf(token);
    if (refused !== undefined) return { outcome: 'refused', reason: `github.api cannot be used: ${refused}` };
    if (kind === undefined)
      return { outcome: 'refused', reason: 'what was found has not the form of a GitHub token' };
    if (kind === 'installation') {
      const answer = await github.revokeInstallationToken(token);
      if (answer.kind === 'failure') return unavailable(answer);
      if (answer.status === 204) return { outcome: 'revoked' };
      if (answer.status === 401) return { outcome: 'already_dead' };
      return answer.status === 403
        ? { outcome: 'refused', reason: 'GitHub does not let this installation token revoke itself' }
        : unread(answer.status);
    }
    const answer = await github.revokeFound(token);
    if (answer.kind === 'failure') return unavailable(answer);
    if (answer.status === 202) return { outcome: 'revoked' };
    if (answer.status === 422)
      return { outcome: 'refused', reason: 'GitHub: 422, it takes no such token, or was asked too often' };
    return answer.status === 403 || answer.status === 404
      ? {
          outcome: 'refused',
          reason: `GitHub: ${answer.status}, this installation does not offer revocation`,
        }
      : unread(answer.status);
  }

  async function usesOf(secret: Redacted, github: Github): Promise<readonly Use[]> {
    const token = secret.reveal();
    if (refused !== undefined || kindOf(token) !== 'user') return [];
    const answer = await github.who('user', token);
    if (answer.kind === 'failure' || answer.status !== 200) return [];
    const scopes = (answer.headers.get('x-oauth-scopes') ?? '').split(',').map((scope) => scope.trim());
    return scopes.flatMap((scope) => (scope === '' ? [] : [`scope: ${scope}`]));
  }

  return {
    ...ABOUT_GITHUB,
    identify: (secret) => tell((github) => identify(secret, github)),
    probe: (secret) => tell((github) => probe(secret, github)),
    usesOf: (secret) => tell((github) => usesOf(secret, github)),
    revoke: (secret) => tell((github) => revoke(secret, github)),
  };
}

type Answer = Extract<HttpOutcome, { kind: 'answer' }>;

/** An app's installation may not ask who it is, but what it may read. */
function isLive(kind: Kind, { status, body }: Answer): boolean {
  const json = readJson(body);
  if (kind === 'user')
    return (
      (status === 200 && textAt(json, '/login') !== undefined) ||
      (status === 403 && textAt(json, '/message') !== undefined)
    );
  return (
    (status === 200 && textAt(json, '/total_count') !== undefined) ||
    (status === 403 && textAt(json, '/message') !== undefined)
  );
}

const unread = (status: number): Unavailable => ({
  outcome: 'unavailable',
  reason: `GitHub answered ${status} in a way that its protocol does not explain`,
});

function unavailable(failure: Extract<HttpOutcome, { kind: 'failure' }>): Unavailable {
  const { reason, retryAfterSeconds } = failure;
  return { outcome: 'unavailable', reason, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}

/** Octokit for one exchange. */
class Github {
  readonly #exchange: HttpExchange;
  readonly #baseUrl: string;

  constructor(exchange: HttpExchange, baseUrl: string) {
    this.#exchange = exchange;
    this.#baseUrl = baseUrl;
  }

  who(kind: Kind, token: string): Promise<HttpOutcome> {
    return this.#speak(token, true, (octokit) =>
      kind === 'user'
        ? octokit.rest.users.getAuthenticated()
        : octokit.rest.apps.listReposAccessibleToInstallation({ per_page: 1 }),
    );
  }

  revokeInstallationToken(token: string): Promise<HttpOutcome> {
    return this.#speak(token, true, (octokit) => octokit.rest.apps.revokeInstallationAccessToken());
  }

  /** Without authentication: GitHub refuses this call to whoever is known to it. Repeating it is harmless. */
  revokeFound(token: string): Promise<HttpOutcome> {
    return this.#speak(undefined, true, (octokit) =>
      octokit.rest.credentials.revoke({ credentials: [token] }),
    );
  }

  /**
   * Lets Octokit build the request and reads the answer beneath it: its errors quote requests, and what it makes of
   * an answer that is no JSON is not ours to judge.
   */
  async #speak(
    token: string | undefined,
    mayRepeat: boolean,
    call: (octokit: Octokit) => Promise<unknown>,
  ): Promise<HttpOutcome> {
    let outcome: HttpOutcome = { kind: 'failure', reason: 'nothing was sent' };
    const speak = async (
      input: string,
      init: { method?: string; headers?: Record<string, string>; body?: string },
    ): Promise<Response> => {
      const url = new URL(input);
      outcome = await this.#exchange.send({
        method: methodOf(init.method),
        url,
        shown: `${methodOf(init.method)} ${url.host}${url.pathname}`,
        headers: { ...init.headers },
        mayRepeat,
        ...(typeof init.body === 'string' && { body: init.body }),
      });
      if (outcome.kind === 'failure') return new Response('{}', { status: 599 });
      const bare = outcome.status === 204 || outcome.body === '';
      return new Response(bare ? null : outcome.body, { status: outcome.status, headers: outcome.headers });
    };
    const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const octokit = new Octokit({
      baseUrl: this.#baseUrl,
      userAgent: 'shhh-revocation',
      log: silent,
      request: { fetch: speak },
      ...(token !== undefined && { auth: token }),
    });
    await call(octokit).catch(() => undefined);
    return outcome;
  }
}

function methodOf(method: string | undefined): 'GET' | 'POST' | 'DELETE' {
  return method === 'POST' || method === 'DELETE' ? method : 'GET';
}
