import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../functions/kernel/clock.ts';
import { createHttp, readRetryAfter, refuseBaseUrl } from '../../functions/platform/http.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
  vi.unstubAllEnvs();
});

async function serve(handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const waits: number[] = [];
const http = createHttp({
  clock: systemClock,
  timeoutMs: 500,
  sleep: async (ms) => {
    waits.push(ms);
  },
});
const send = async (url: string, mayRepeat: boolean) => {
  waits.length = 0;
  const exchange = http.begin();
  const request = { method: 'POST', url: new URL(url), shown: 'POST shown', headers: {}, mayRepeat } as const;
  return { outcome: await exchange.send(request), calls: exchange.calls };
};

describe('a request after a fault', () => {
  test('is sent again where that is safe, and every try is recorded', async () => {
    let tries = 0;
    const url = await serve((_, response) => {
      tries += 1;
      response.writeHead(tries < 3 ? 503 : 200).end('{}');
    });
    const { outcome, calls } = await send(url, true);
    expect(outcome).toMatchObject({ kind: 'answer', status: 200 });
    expect(calls.map(({ answer }) => answer)).toEqual(['503', '503', '200']);
  });

  test('is not sent again where doing it twice could do more', async () => {
    let tries = 0;
    const url = await serve((request) => {
      tries += 1;
      request.socket.destroy();
    });
    expect((await send(url, false)).outcome.kind).toBe('failure');
    expect(tries).toBe(1);
  });

  test('ends after a few tries', async () => {
    const url = await serve((_, response) => response.writeHead(503).end());
    const { outcome, calls } = await send(url, true);
    expect(outcome).toEqual({ kind: 'failure', reason: 'the provider failed (503)' });
    expect(calls).toHaveLength(3);
  });

  test('waits as short as asked by itself, and leaves longer waits to the workflow', async () => {
    let tries = 0;
    const url = await serve((_, response) => {
      tries += 1;
      response.writeHead(429, { 'retry-after': tries === 1 ? '1' : '30' }).end();
    });
    const { outcome } = await send(url, true);
    expect(outcome).toEqual({ kind: 'failure', reason: 'rate limited (429)', retryAfterSeconds: 30 });
    expect(waits).toEqual([1_000]);
  });
});

test('nothing is sent while TLS is not verified', async () => {
  let asked = false;
  const url = await serve((_, response) => {
    asked = true;
    response.end();
  });
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  expect((await send(url, true)).outcome).toMatchObject({ kind: 'failure' });
  expect(asked).toBe(false);
});

test('a fault is named by its code, without the address', async () => {
  const url = await serve(() => {});
  for (const close of closers.splice(0)) close();
  const { outcome, calls } = await send(`${url}/secret-in-a-path`, false);
  expect(outcome).toEqual({ kind: 'failure', reason: 'no answer (ECONNREFUSED)' });
  expect(JSON.stringify(calls)).not.toContain('secret-in-a-path');
});

test.each([
  ['120', 120],
  ['0', 0],
  [' 7 ', 7],
  ['999999', 3_600],
  ['Sat, 21 Nov 2026 12:00:30 GMT', 30],
  ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
  ['Sat, 21 Nov 2036 11:00:00 GMT', 3_600],
  ['soon', undefined],
  ['-5', undefined],
  ['', undefined],
  ['1.5', undefined],
])('Retry-After «%s» asks for %s s', (value, seconds) => {
  expect(readRetryAfter(value, Date.UTC(2026, 10, 21, 12))).toBe(seconds);
});

test.each([
  ['https://gitlab.acme.example/prefix', undefined],
  ['http://127.0.0.1:8080', undefined],
  ['http://localhost', undefined],
  ['http://gitlab.acme.example', 'the address is not https'],
  ['http://127.0.0.1.acme.example', 'the address is not https'],
  ['ftp://127.0.0.1', 'the address is not https'],
  ['https://user:word@acme.example', 'the address carries credentials'],
  ['https://acme.example?a=b', 'the address has a query or a fragment'],
  ['acme', 'the address is no URL'],
])('the address %s: %s', (address, refusal) => {
  expect(refuseBaseUrl(address)).toBe(refusal);
});
