/** Where a guard's rules come from, and how it keeps them current. */
import { readFile, stat } from 'node:fs/promises';
import type { ReadableStream } from 'node:stream/web';
import { err, ok, type Result } from '../../kernel/result.ts';
import { packTag } from '../domain/open-pack.ts';
import type { Guard } from './guard.ts';

/** What a source has: nothing newer than what it was last asked for, or a pack. */
export type Fetched =
  | { readonly state: 'unchanged' }
  | { readonly state: 'changed'; readonly pack: unknown; readonly tag: string };

/** Where packs come from. */
export interface PackSource {
  /**
   * @param tag of the pack that was taken last; absent at first
   * @throws Error saying why there is no answer; quotes nothing of a pack
   */
  fetch(tag: string | undefined): Promise<Fetched>;
}

/** No pack is larger, in bytes; today's is a twentieth of it. */
const MAX_PACK_BYTES = 8 * 1024 * 1024;

/** A pack in a file, as `patterns.json` holds it. It is best replaced by a rename; half a file is refused. */
export function filePackSource(file: string): PackSource {
  return {
    async fetch(tag) {
      const { size, mtimeMs, ino } = await stat(file);
      if (size > MAX_PACK_BYTES) throw new Error(`${file} is larger than ${MAX_PACK_BYTES} bytes.`);
      const present = `${ino}-${size}-${mtimeMs}`;
      if (present === tag) return { state: 'unchanged' };
      return { state: 'changed', pack: jsonOf(await readFile(file, 'utf8')), tag: present };
    },
  };
}

export interface HttpPackSourceOptions {
  /** `https:`, or `http:` to this machine. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`. */
  readonly apiKey?: string;
  /** Milliseconds; default 10,000. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

/**
 * A pack at an address that gives an `ETag`, as the cloud endpoint's `GET /v1/pack` does.
 * @throws Error when the address is neither HTTPS nor this machine's
 */
export function httpPackSource(options: HttpPackSourceOptions): PackSource {
  const { apiKey, timeoutMs = 10_000 } = options;
  const url = trustedUrl(options.url);
  const get = options.fetch ?? fetch;
  return {
    async fetch(tag) {
      const answer = await get(url, {
        headers: {
          accept: 'application/json',
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
          ...(tag !== undefined && { 'if-none-match': tag }),
        },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (answer.status === 304) return { state: 'unchanged' };
      if (!answer.ok) throw new Error(`The pack's address answered ${answer.status}.`);
      const document = await textOf(answer);
      const present = packTag(document);
      const told = answer.headers.get('etag')?.replace(/^W\//, '');
      if (told !== present)
        throw new Error('The pack is not what its ETag says: it was cut off or changed on its way.');
      if (present === tag) return { state: 'unchanged' };
      return { state: 'changed', pack: jsonOf(document), tag: present };
    },
  };
}

async function textOf(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const body: ReadableStream<Uint8Array> | null = answer.body;
  const reader = body?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    size += part.value.byteLength;
    if (size > MAX_PACK_BYTES) {
      await reader?.cancel();
      throw new Error(`The pack is larger than ${MAX_PACK_BYTES} bytes.`);
    }
    chunks.push(part.value);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * An address that a key and rules may travel to and from.
 * @throws Error naming the address when it is neither HTTPS nor this machine's
 */
export function trustedUrl(text: string): URL {
  const url = URL.parse(text);
  const loopback = url !== null && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback)) return url;
  throw new Error(
    `${text} is no address that a guard trusts. Take one that starts with https://, or one of this machine.`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text.
    throw new Error('The pack is no JSON.');
  }
}

/** What became of a look at the source. */
export type Refresh =
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'taken'; readonly pack: string }
  /** The rules before it stay. */
  | { readonly outcome: 'refused' | 'unreachable'; readonly reason: string };

export interface PackKeeper {
  /** Looks now. Does not throw; two looks at once are one. */
  refresh(): Promise<Refresh>;
  stop(): void;
}

export interface PackKeeperOptions {
  /** Milliseconds between looks. Default a minute. */
  readonly everyMs?: number;
  /** Is told of every look but those that found nothing new. */
  readonly onRefresh?: (refresh: Refresh) => void;
}

/**
 * Keeps a guard's rules current, without ever leaving it without rules: a pack is taken whole or not at all, and while
 * none comes the last one stays. The timer keeps no process alive.
 */
export function keepCurrent(guard: Guard, source: PackSource, options: PackKeeperOptions = {}): PackKeeper {
  const { everyMs = 60_000, onRefresh } = options;
  let tag: string | undefined;
  let running: Promise<Refresh> | undefined;

  async function look(): Promise<Refresh> {
    const fetched = await source
      .fetch(tag)
      .then(ok, (error: unknown): Result<never, string> =>
        err(error instanceof Error ? error.message : 'unknown error'),
      );
    if (!fetched.ok) return { outcome: 'unreachable', reason: fetched.error };
    if (fetched.value.state === 'unchanged') return { outcome: 'unchanged' };
    // Also that of a pack that is refused: it is told of once, not each minute.
    tag = fetched.value.tag;
    const used = await guard.useGradually(fetched.value.pack);
    return used.ok ? { outcome: 'taken', pack: used.value } : { outcome: 'refused', reason: used.error };
  }

  const refresh = (): Promise<Refresh> =>
    (running ??= look()
      .then((found) => {
        if (found.outcome !== 'unchanged') onRefresh?.(found);
        return found;
      })
      .finally(() => (running = undefined)));

  const timer = setInterval(() => void refresh(), everyMs);
  timer.unref();
  return { refresh, stop: () => clearInterval(timer) };
}
