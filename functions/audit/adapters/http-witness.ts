import type { Cosigning } from '../domain/cosign.ts';

/** Bytes of an answer, at most: a line, or a size. */
const MAX_ANSWER_BYTES = 4_096;

/** Posts to a witness' `add-checkpoint` (C2SP tlog-witness). */
export function createHttpWitnessPost(ask: typeof globalThis.fetch = globalThis.fetch): Cosigning['post'] {
  return async (url, body, signal) => {
    const response = await ask(`${url.replace(/\/$/, '')}/add-checkpoint`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: Buffer.from(body),
      redirect: 'error',
      signal,
    });
    return { status: response.status, body: (await response.text()).slice(0, MAX_ANSWER_BYTES) };
  };
}
