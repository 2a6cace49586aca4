/** The guard as a service on this machine, for agents in other languages. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { readCheck, toResponse, type Refusal } from '../domain/answer-check.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import type { Guard } from './guard.ts';
import { openApiDocument } from './open-api.ts';
import type { RecorderCounts } from './recorder.ts';

export interface GuardServerOptions {
  readonly guard: Guard;
  /** Of a request's body. Default 2 MiB: a message of 1 MiB, written as base64 or with escapes, and what goes with it. */
  readonly maxBodyBytes?: number;
  /** Bodies that are held at once, in bytes; beyond it requests are refused with 503. Default 64 MiB. */
  readonly maxHeldBytes?: number;
  /** Milliseconds that a request may take to arrive. Default 10,000. */
  readonly requestTimeoutMs?: number;
  readonly reports?: () => RecorderCounts;
}

const MIB = 1024 * 1024;
const HEADERS_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 65_000;
/** How often Node looks for requests that take too long; its default is half a minute. */
const LATE_REQUESTS_EVERY_MS = 1_000;
const MAX_CONNECTIONS = 1_024;

/** The service, not yet listening. */
export function createGuardServer(options: GuardServerOptions): Server {
  const {
    guard,
    reports,
    maxBodyBytes = 2 * MIB,
    maxHeldBytes = 64 * MIB,
    requestTimeoutMs = 10_000,
  } = options;
  const openApi = JSON.stringify(openApiDocument());
  let held = 0;
  let checks = 0;
  let stopped = 0;

  async function check(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A page in a browser cannot send this type to another origin without asking first, and nobody answers it.
    if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
      refuse(response, 415, {
        code: 'not_json_type',
        message: 'Send the body as `content-type: application/json`.',
      });
      return;
    }
    const body = await readBody(request);
    if (!body.ok) {
      refuse(response, body.error.status, body.error);
      return;
    }
    try {
      const order = readCheck(body.value.toString('utf8'));
      if (!order.ok) {
        refuse(response, 400, order.error);
        return;
      }
      const result = guard.check(order.value.message, order.value.context);
      checks += 1;
      if (result.verdict !== 'allow') stopped += 1;
      send(response, 200, JSON.stringify(toResponse(result, order.value.encoding)));
    } finally {
      held -= body.value.length;
    }
  }

  async function readBody(
    request: IncomingMessage,
  ): Promise<Result<Buffer, Refusal & { readonly status: number }>> {
    const tooLarge = {
      status: 413,
      code: 'body_too_large',
      message: `The body is larger than ${maxBodyBytes} bytes. Send shorter messages.`,
    };
    if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return err(tooLarge);
    const chunks: Buffer[] = [];
    let size = 0;
    let kept = false;
    try {
      for await (const chunk of request) {
        const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
        size += bytes.length;
        held += bytes.length;
        if (size > maxBodyBytes) return err(tooLarge);
        if (held > maxHeldBytes)
          return err({ status: 503, code: 'busy', message: 'Too much is being checked already. Try again.' });
        chunks.push(bytes);
      }
      kept = true;
      return ok(Buffer.concat(chunks, size));
    } finally {
      if (!kept) held -= size;
    }
  }

  const limits = {
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: LATE_REQUESTS_EVERY_MS,
  };
  const server = createServer(limits, (request, response) => {
    const { method = '', url = '' } = request;
    const route = `${method} ${url.split('?')[0]}`;
    switch (route) {
      case 'POST /v1/check':
        // The sender went away while its body was read: nobody is left to answer.
        check(request, response).catch(() => response.destroy());
        return;
      case 'GET /healthz':
        send(
          response,
          200,
          JSON.stringify({ status: 'ok', pack: guard.pack, checks, stopped, reports: reports?.() ?? null }),
        );
        return;
      case 'GET /openapi.json':
        send(response, 200, openApi);
        return;
      default:
        refuse(
          response,
          ['/v1/check', '/healthz', '/openapi.json'].includes(route.split(' ')[1] ?? '') ? 405 : 404,
          {
            code: 'no_such_route',
            message: 'There is POST /v1/check, GET /healthz and GET /openapi.json.',
          },
        );
    }
  });
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

function refuse(response: ServerResponse, status: number, { code, message }: Refusal): void {
  if (status === 503) response.setHeader('retry-after', '1');
  // The rest of a body that nobody reads would be taken for the next request.
  if (status === 413 || status === 503 || status === 415) response.setHeader('connection', 'close');
  send(response, status, JSON.stringify({ error: { code, message } }));
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `HOST:PORT`. An address that others can reach is refused without `allowRemote`: messages travel unencrypted and
 * nobody is asked for a key.
 */
export function parseListen(text: string, allowRemote: boolean): Result<ListenAddress, string> {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535)
    return err(`${text} is no address. Write HOST:PORT, e.g. 127.0.0.1:7733 or [::1]:7733.`);
  if (allowRemote || isLoopback(host)) return ok({ host, port });
  return err(
    `${text} can be reached from other machines, and this service asks nobody for a key and speaks no TLS. Listen on 127.0.0.1, use the cloud endpoint, or say --allow-remote if something in front of it does both.`,
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
