/** Hands acts in over the HTTP API: in batches, and again where that did not work, under the same ids. */
import { z } from 'zod';
import type { HandedAct } from '../../contracts/audit.ts';
import { actsAnswer, MAX_ACTS, MAX_ACTS_BYTES, type ActAnswer } from '../domain/acts-api.ts';
import { createAuditLog } from './audit-log.ts';

export interface AuditClientOptions {
  /** The endpoint, as the stack's output `AuditEndpoint` says it. */
  readonly url: string;
  /** A key as `npm run audit-keys -- create NAME` made it. */
  readonly key: string;
  /** Milliseconds that an act waits for others to share its request. */
  readonly lingerMs?: number;
  /** Requests for one batch, at most, the first included. */
  readonly attempts?: number;
  /** Milliseconds that one request may take. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof globalThis.fetch;
  readonly wait?: (milliseconds: number) => Promise<void>;
  readonly now?: () => number;
  readonly newId?: () => string;
}

/** The endpoint did not keep the acts, or could not be asked: they are not in the log as far as can be told. */
export class AuditUnavailable extends Error {
  override readonly name = 'AuditUnavailable';
}

interface Waiting {
  readonly act: HandedAct;
  readonly text: string;
  readonly resolve: (answer: ActAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** Bytes that stand around the acts of a request. */
const ENVELOPE_BYTES = 64;
const problem = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** One for a program; it has a `log…` method for each kind of event, each resolved once its act is kept for good. */
export function createAuditClient(options: AuditClientOptions) {
  const { lingerMs = 20, attempts = 5, timeoutMs = 10_000 } = options;
  const ask = options.fetch ?? globalThis.fetch;
  const wait = options.wait ?? ((ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms)));
  const now = options.now ?? Date.now;
  let waiting: Waiting[] = [];
  let sending: Promise<void> = Promise.resolve();
  let soon: Promise<void> | undefined;

  function handIn(act: HandedAct): Promise<ActAnswer> {
    const text = JSON.stringify(act);
    if (Buffer.byteLength(text) > MAX_ACTS_BYTES - ENVELOPE_BYTES)
      return Promise.resolve({ did: 'refused', why: `is larger than ${MAX_ACTS_BYTES} bytes` });
    return new Promise((resolve, reject) => {
      waiting.push({ act, text, resolve, reject });
      soon ??= wait(lingerMs).then(() => {
        soon = undefined;
        void flush();
      });
    });
  }

  /** Sends what waits now, behind what is being sent. @returns when everything handed in so far has its answer */
  function flush(): Promise<void> {
    const batch = waiting;
    waiting = [];
    sending = sending.then(() => sendAll(batch));
    return sending;
  }

  async function sendAll(all: readonly Waiting[]): Promise<void> {
    for (let from = 0; from < all.length;) {
      let [to, bytes] = [from, ENVELOPE_BYTES];
      for (; to < all.length && to - from < MAX_ACTS; to += 1) {
        bytes += Buffer.byteLength(all[to]?.text ?? '') + 1;
        if (bytes > MAX_ACTS_BYTES && to > from) break;
      }
      const some = all.slice(from, to);
      from = to;
      try {
        const answers = await send(some);
        for (const [at, each] of some.entries())
          each.resolve(answers[at] ?? { did: 'refused', why: 'had no answer' });
      } catch (error) {
        for (const each of some) each.reject(error);
      }
    }
  }

  async function send(batch: readonly Waiting[]): Promise<readonly ActAnswer[]> {
    const body = `{"acts":[${batch.map(({ text }) => text).join(',')}]}`;
    for (let attempt = 1; ; attempt += 1) {
      const { answers, why, again, afterMs } = await once(body);
      if (answers !== undefined) return answers;
      if (!again || attempt === attempts) throw new AuditUnavailable(why);
      await wait(afterMs ?? Math.min(8_000, 200 * 2 ** attempt));
    }
  }

  async function once(body: string): Promise<{
    readonly answers?: readonly ActAnswer[];
    readonly why: string;
    readonly again: boolean;
    readonly afterMs?: number;
  }> {
    let response: Response;
    let text: string;
    try {
      response = await ask(new URL('v1/acts', options.url.replace(/\/?$/, '/')), {
        method: 'POST',
        headers: { authorization: `Bearer ${options.key}`, 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(timeoutMs),
      });
      text = await response.text();
    } catch (error) {
      const why = error instanceof Error ? error.name : 'unknown';
      return { why: `The audit endpoint could not be asked (${why}).`, again: true };
    }
    const json = parseJson(text);
    const answers = response.status === 200 ? actsAnswer.safeParse(json).data?.answers : undefined;
    const said = problem.safeParse(json).data?.error;
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
    return {
      ...(answers && { answers }),
      why: `The audit endpoint answered ${response.status}${said ? ` ${said.code}: ${said.message}` : ''}`,
      again: response.status === 429 || response.status >= 500 || response.status === 200,
      ...(Number.isFinite(retryAfter) && { afterMs: retryAfter * 1000 }),
    };
  }

  return {
    ...createAuditLog({ handIn, clock: { now }, newId: options.newId ?? (() => crypto.randomUUID()) }),
    flush,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
