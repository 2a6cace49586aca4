/**
 * The one way by which a provider is spoken to over HTTP. What is sent holds secrets, so: no redirect is followed, TLS is always
 * verified, an answer is bounded in time and size, and what is told of a call is built beside it, never taken from it.
 */
import { toIso, type Clock } from '../kernel/clock.ts';
import type { ProviderCall } from '../kernel/provider-call.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  /** What the record shows: method, host and path with every part that could be secret replaced. */
  readonly shown: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether doing it twice is the same as doing it once: only then it is sent again after a fault. */
  readonly mayRepeat: boolean;
}

/** What came back: an answer that a provider's protocol explains, or a failure that none does. */
export type HttpOutcome =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Headers;
      readonly body: string;
    }
  | { readonly kind: 'failure'; readonly reason: string; readonly retryAfterSeconds?: number };

/** The calls of one operation, in order. */
export interface HttpExchange {
  send(request: HttpRequest): Promise<HttpOutcome>;
  readonly calls: readonly ProviderCall[];
}

export interface Http {
  begin(): HttpExchange;
}

export interface HttpOptions {
  readonly clock: Clock;
  /** Waits; a test hands in one that does not. */
  readonly sleep: (ms: number) => Promise<void>;
  /** The longest that one try may take, its answer's body included. */
  readonly timeoutMs?: number;
  /** The longest answer that is read, after decompression. */
  readonly maxBytes?: number;
}

const TIMEOUT_MS = 8_000;
const MAX_BYTES = 1_048_576;
const TRIES = 3;
const BACKOFF_MS = 200;
/** A provider that asks for less is waited for here; for more, the workflow waits. */
const PATIENCE_SECONDS = 2;
/** No header may put a step off for longer. */
const LONGEST_WAIT_SECONDS = 3_600;
/** Somebody switched verification off for the whole process: a secret must not be sent then. */
const UNVERIFIED = 'TLS is not verified: unset NODE_TLS_REJECT_UNAUTHORIZED; nothing was sent';
const WORTH_A_TRY = new Set([502, 503, 504]);

/**
 * How long a `Retry-After` asks to wait (RFC 9110, 10.2.3), in whole seconds between 0 and an hour.
 * @param value seconds or an HTTP date
 * @returns undefined where it is absent or neither
 */
export function readRetryAfter(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  const text = value.trim();
  const until = /^[A-Z][a-z]{2},? /.test(text) ? Date.parse(text) : NaN;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Math.ceil((until - nowMs) / 1_000);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), LONGEST_WAIT_SECONDS) : undefined;
}

/**
 * Where a provider is, as it is configured.
 * @returns why it cannot be used: plain HTTP is for this machine alone, and an address carries no credentials
 */
export function refuseBaseUrl(base: string): string | undefined {
  if (!URL.canParse(base)) return 'the address is no URL';
  const { protocol, hostname, username, password, search, hash } = new URL(base);
  if (username !== '' || password !== '') return 'the address carries credentials';
  if (search !== '' || hash !== '') return 'the address has a query or a fragment';
  if (protocol === 'https:') return undefined;
  const local = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
  return protocol === 'http:' && local ? undefined : 'the address is not https';
}

/** Speaks HTTP over Node's `fetch`, which verifies certificates by itself. */
export function createHttp(options: HttpOptions): Http {
  const { clock, sleep, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = options;

  async function once(request: HttpRequest): Promise<HttpOutcome & { answer: string; again: boolean }> {
    try {
      const response = await fetch(request.url, {
        method: request.method,
        headers: request.headers,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        ...(request.body !== undefined && { body: request.body }),
      });
      const { status, headers } = response;
      const answer = String(status);
      const body = await readBounded(response, maxBytes);
      const wait = readRetryAfter(headers.get('retry-after'), clock.now());
      const later = wait === undefined ? {} : { retryAfterSeconds: wait };
      if (status === 429 || (status === 403 && wait !== undefined)) {
        const again = wait !== undefined && wait <= PATIENCE_SECONDS;
        return { kind: 'failure', reason: `rate limited (${answer})`, ...later, answer, again };
      }
      if (status >= 500) {
        const again = WORTH_A_TRY.has(status) && (wait ?? 0) <= PATIENCE_SECONDS;
        return { kind: 'failure', reason: `the provider failed (${answer})`, ...later, answer, again };
      }
      if (status >= 300 && status < 400)
        return { kind: 'failure', reason: `a redirect (${answer}) is not followed`, answer, again: false };
      if (body === undefined)
        return { kind: 'failure', reason: `an answer of over ${maxBytes} bytes`, answer, again: false };
      return { kind: 'answer', status, headers, body, answer, again: false };
    } catch (error) {
      const answer = nameFault(error);
      return { kind: 'failure', reason: `no answer (${answer})`, answer, again: answer !== 'timeout' };
    }
  }

  return {
    begin() {
      const calls: ProviderCall[] = [];
      return {
        calls,
        async send(request) {
          if (process.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0')
            return { kind: 'failure', reason: UNVERIFIED };
          for (let attempt = 1; ; attempt += 1) {
            const startedMs = clock.now();
            const { answer, again, ...outcome } = await once(request);
            const at = toIso(startedMs);
            calls.push({ request: request.shown, answer, at, tookMs: clock.now() - startedMs });
            if (!again || !request.mayRepeat || attempt === TRIES) return outcome;
            const asked = outcome.kind === 'failure' ? outcome.retryAfterSeconds : undefined;
            await sleep(asked === undefined ? BACKOFF_MS * attempt : asked * 1_000);
          }
        },
      };
    },
  };
}

/** @returns the body as text; undefined where it is longer than allowed, of which no more is read */
async function readBounded(response: Response, maxBytes: number): Promise<string | undefined> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  const stream: ReadableStream<Uint8Array> = response.body;
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(part.value);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A fault's code, e.g. `ECONNRESET`: a message could quote an address, and an address can hold a secret. */
function nameFault(error: unknown): string {
  if (!(error instanceof Error)) return 'fault';
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'timeout';
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && typeof cause.code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(cause.code))
      return cause.code;
  return 'fault';
}
