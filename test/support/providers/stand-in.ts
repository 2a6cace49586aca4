/**
 * Providers that issue credentials, in the small: real HTTP servers that keep credentials, speak one provider's protocol
 * as its documentation has it, and remember what they were asked. Written from the documentation, not from the
 * declarations that are tested with them.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the provider is doing. `normal` besides, each fault strikes every request. */
export type World =
  | 'normal'
  /** Reads are answered; whoever changes something lacks the permission. */
  | 'denied'
  | 'rate-limited'
  | 'rate-limited-until-a-date'
  | 'failing'
  | 'reset'
  | 'hanging'
  /** A proxy's login page with status 200, which quotes all that it was sent. */
  | 'garbage'
  | 'redirecting'
  | 'huge'
  /** A revoked credential goes on working for a few calls. */
  | 'slow'
  /** What is listed fits more than one credential. */
  | 'ambiguous';

export const RETRY_AFTER_SECONDS = 7;
/** Calls for which a revoked credential still works in the `slow` world. */
const LINGERING_CALLS = 2;

export interface Credential {
  readonly secret: string;
  readonly id: string;
  readonly principal: string;
  readonly account: string;
  /** What the provider's own record says. */
  revoked: boolean;
  lingers: number;
}

export interface Reply {
  readonly status: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** The route's named groups. */
  readonly parts: Readonly<Record<string, string>>;
  readonly world: World;
  readonly credentials: readonly Credential[];
  /** `Authorization: Bearer …` or `token …`. */
  readonly bearer: string;
  /** User and password of HTTP Basic authentication. */
  readonly basic: readonly [string, string];
  form(name: string): string;
  json(): Record<string, unknown>;
  /** The credential with this secret, if it works now. Using it counts. */
  working(secret: string | undefined): Credential | undefined;
  byId(id: string | undefined): Credential | undefined;
  revoke(credential: Credential): void;
}

export interface Route {
  readonly method: string;
  readonly path: RegExp;
  /** Whether it changes anything: identification and probing must not come here. */
  readonly effect: 'read' | 'change';
  answer(asked: Asked): Reply;
}

/** One provider's protocol, and how it names its credentials. */
export interface Protocol {
  /** The declaration's name. */
  readonly name: string;
  /** The names of all addresses that lead here. */
  readonly bases: readonly string[];
  /** The revoker's own credentials, as the stand-in knows them. */
  readonly own: Readonly<Record<string, string>>;
  /** The part of the secret that must never show, where the rest of it is a name. */
  hidden?(secret: string): string;
  issue(seed: number): Omit<Credential, 'revoked' | 'lingers'>;
  readonly routes: readonly Route[];
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly effect: 'read' | 'change' | 'unknown';
}

export interface StandIn {
  readonly url: string;
  readonly leaked: Credential;
  /** Another credential of the same owner: nothing may happen to it. */
  readonly bystander: Credential;
  readonly seen: readonly SeenRequest[];
  /** Requests that came where only a followed redirect leads. */
  readonly strayed: () => number;
  enter(world: World): void;
  close(): Promise<void>;
}

/** A server on a free port of this machine. */
/** @param onPort of this machine; 0 takes a free one */
export async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  onPort = 0,
) {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(onPort, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** What strikes before any protocol is spoken. @returns whether it did */
export function strike(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
  elsewhere: string,
): boolean {
  const limited = (after: string) =>
    response.writeHead(429, { 'retry-after': after, 'content-type': 'application/json' }).end('{}');
  if (world === 'rate-limited') limited(String(RETRY_AFTER_SECONDS));
  else if (world === 'rate-limited-until-a-date')
    limited(new Date(Math.ceil(Date.now() / 1_000) * 1_000 + RETRY_AFTER_SECONDS * 1_000).toUTCString());
  else if (world === 'failing') response.writeHead(500).end('Internal Server Error');
  else if (world === 'reset') request.socket.resetAndDestroy();
  else if (world === 'hanging') return true;
  else if (world === 'garbage')
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<html>Sign in! ${request.url ?? ''} ${JSON.stringify(request.headers)} ${body}</html>`);
  else if (world === 'redirecting')
    response.writeHead(307, { location: `${elsewhere}${request.url ?? ''}` }).end();
  else if (world === 'huge')
    response.writeHead(200, { 'content-type': 'application/json' }).end(`"${'x'.repeat(2_000_000)}"`);
  else return false;
  return true;
}

/** Starts one provider with two live credentials. */
export async function startStandIn(protocol: Protocol, seed: number): Promise<StandIn> {
  const issue = (number: number): Credential => ({ ...protocol.issue(number), revoked: false, lingers: 0 });
  const leaked = issue(seed);
  const bystander = issue(seed + 1);
  const credentials = [bystander, leaked];
  const seen: SeenRequest[] = [];
  let world: World = 'normal';
  let strayed = 0;
  const elsewhere = await listen((_, response) => {
    strayed += 1;
    response.end('{}');
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? '';
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stand-in');
    const body = await bodyOf(request);
    const route = protocol.routes.find((one) => one.method === method && one.path.test(pathname));
    seen.push({ method, path: pathname, effect: route?.effect ?? 'unknown' });
    if (strike(world, request, response, body, elsewhere.url)) return;
    const authorization = request.headers.authorization ?? '';
    const [user = '', ...password] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
      .toString('utf8')
      .split(':');
    const reply: Reply =
      route === undefined
        ? { status: 404, json: { message: 'Not Found' } }
        : route.answer({
            method,
            path: pathname,
            query: searchParams,
            headers: request.headers as Record<string, string | undefined>,
            body,
            parts: route.path.exec(pathname)?.groups ?? {},
            world,
            credentials,
            bearer: authorization.replace(/^(?:Bearer|token) /, ''),
            basic: [user, password.join(':')],
            form: (name) => new URLSearchParams(body).get(name) ?? '',
            json: () => JSON.parse(body) as Record<string, unknown>,
            working(secret) {
              const found = credentials.find((one) => one.secret === secret);
              if (found?.revoked !== true) return found;
              found.lingers -= 1;
              return found.lingers >= 0 ? found : undefined;
            },
            byId: (id) => credentials.find((one) => one.id === id),
            revoke(credential) {
              credential.revoked = true;
              credential.lingers = world === 'slow' ? LINGERING_CALLS : 0;
            },
          });
    const text = reply.text ?? (reply.json === undefined ? '' : JSON.stringify(reply.json));
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers }).end(text);
  }

  const server = await listen((request, response) => {
    answer(request, response).catch(() => request.socket.destroy());
  });
  return {
    url: server.url,
    leaked,
    bystander,
    seen,
    strayed: () => strayed,
    enter: (next) => {
      world = next;
    },
    async close() {
      await Promise.all([server.close(), elsewhere.close()]);
    },
  };
}
