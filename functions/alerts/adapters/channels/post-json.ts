/** One POST of JSON: bounded in time and in what is read of the answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '../../domain/deliver.ts';

const DEADLINE_MS = 5_000;
const MOST_ANSWER_BYTES = 64 * 1024;

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterMs: number | undefined;
}

/** @returns the answer, or why there is none */
export async function postJson(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answer | string> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      signal,
      headers: { 'content-type': 'application/json', 'user-agent': 'shhh', ...headers },
      body,
    });
    const text = await Promise.race([response.text(), sleep(DEADLINE_MS, '', { ref: false })]);
    return {
      status: response.status,
      body: parse(text.slice(0, MOST_ANSWER_BYTES)),
      retryAfterMs: retryAfter(response.headers.get('retry-after'), Date.now()),
    };
  } catch (error) {
    // The message of a failed fetch may quote the address, which may hold a credential.
    return error instanceof Error && error.name === 'TimeoutError'
      ? 'no answer in time'
      : 'no connection, or it broke';
  }
}

/** What every HTTP channel makes of an answer that is not the one it hopes for. */
export function outcomeOf(answer: Answer | string): Outcome {
  if (typeof answer === 'string') return { kind: 'retry', reason: answer };
  const { status, retryAfterMs } = answer;
  const reason = `HTTP ${status}`;
  if (status === 408 || status === 425 || status === 429 || status >= 500 || status < 400)
    return { kind: 'retry', reason, ...(retryAfterMs === undefined ? {} : { afterMs: retryAfterMs }) };
  return { kind: 'refused', reason };
}

const MOST_RETRY_AFTER_MS = 3_600_000;

/** RFC 9110: seconds or a date. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.min(MOST_RETRY_AFTER_MS, Math.max(0, ms)) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
