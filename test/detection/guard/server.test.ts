import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkResponse } from '../../../functions/detection/domain/guard-api.ts';
import { createGuard } from '../../../functions/detection/guard/guard.ts';
import { createGuardServer, parseListen } from '../../../functions/detection/guard/server.ts';
import { createLeak } from '../../support/fleet/leaks.ts';
import { createRandom } from '../../support/fleet/random.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const random = createRandom(8);
const leak = (): string => createLeak('github-pat', random).text;

const guard = createGuard({ maxMessageBytes: 4096 });
const server = createGuardServer({
  guard,
  maxBodyBytes: 10_000,
  maxHeldBytes: 25_000,
  requestTimeoutMs: 1_500,
});
let base: string;
let port: number;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  base = `http://127.0.0.1:${port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const post = (
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'application/json' },
) => fetch(`${base}/v1/check`, { method: 'POST', body, headers });
const check = async (request: unknown) =>
  checkResponse.parse(await (await post(JSON.stringify(request))).json());

describe('POST /v1/check', () => {
  it('answers with the verdict of the guard', async () => {
    expect(await check({ message: 'hello' })).toMatchObject({
      verdict: 'allow',
      redacted: 'hello',
      messageId: null,
    });
    const secret = leak();
    const answer = await check({ message: `token ${secret}`, agent: 'go-agent', messageId: 'm-1' });
    expect(answer).toMatchObject({ verdict: 'block', messageId: 'm-1', repeated: false });
    expect(answer.noticeForSender).toContain(answer.findings[0]?.rule);
    expect(JSON.stringify(answer)).not.toContain(secret);
    expect(await check({ message: `token ${secret}`, agent: 'go-agent', messageId: 'm-1' })).toMatchObject({
      repeated: true,
    });
  });

  it('takes bytes as base64 and gives them back so', async () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(' no secret')]);
    const answer = await check({ message: bytes.toString('base64'), encoding: 'base64' });
    expect(answer).toMatchObject({
      verdict: 'allow',
      encoding: 'base64',
      redacted: bytes.toString('base64'),
    });
    const found = await check({ message: Buffer.from(`x ${leak()}`).toString('base64'), encoding: 'base64' });
    expect(Buffer.from(found.redacted, 'base64').toString()).toMatch(/^x \[SHHH removed/);
  });

  it.each([
    ['no JSON', '{"message":', 400, 'not_json'],
    ['a check without a message', '{"text":"hello"}', 400, 'not_a_check'],
    ['a field that it does not know', '{"message":"a","then":"b"}', 400, 'not_a_check'],
    ['base64 that is none', '{"message":"*","encoding":"base64"}', 400, 'not_base64'],
    ['a body that is too large', JSON.stringify({ message: 'x'.repeat(11_000) }), 413, 'body_too_large'],
  ])('refuses %s', async (_name, body, status, code) => {
    const answer = await post(body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({
      error: { code, message: expect.stringMatching(/\.$/) as string },
    });
  });

  it('quotes nothing of what it refuses', async () => {
    const secret = leak();
    for (const body of [
      `{"message": ${secret}}`,
      JSON.stringify({ [secret]: 1 }),
      JSON.stringify({ message: 1, agent: secret.repeat(20) }),
    ])
      expect(await (await post(body)).text()).not.toContain(secret.slice(4));
  });

  it('does not answer a page in a browser, which cannot send this type unasked', async () => {
    expect((await post('{"message":"a"}', { 'content-type': 'text/plain' })).status).toBe(415);
  });

  it('calls a message that it cannot check blocked, not an error', async () => {
    expect(await check({ message: 'x'.repeat(5000) })).toMatchObject({
      verdict: 'block',
      failure: 'message_too_large',
    });
  });

  it('refuses more than it may hold at once, and is well again after', async () => {
    const slow = Array.from({ length: 3 }, () => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(
        `POST /v1/check HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\r\n${'x'.repeat(8500)}`,
      );
      return socket;
    });
    const [first] = (await Promise.race(slow.map((socket) => once(socket, 'data')))) as [Buffer];
    expect(String(first)).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 1/i);
    for (const socket of slow) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await check({ message: 'x'.repeat(4000) })).verdict).toBe('allow');
  });

  it('does not wait for a body that never comes', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'POST /v1/check HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{',
    );
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('the other routes', () => {
  it('tell that it runs, and under which rules', async () => {
    expect(await (await fetch(`${base}/healthz`)).json()).toMatchObject({
      status: 'ok',
      pack: guard.pack,
      reports: null,
    });
  });

  it('describe the service in OpenAPI, made of its schemas', async () => {
    const document = JSON.stringify(await (await fetch(`${base}/openapi.json`)).json());
    const { paths, components } = JSON.parse(document) as {
      paths: object;
      components: { schemas: Record<string, { properties?: object; required?: string[] }> };
    };
    expect(Object.keys(paths)).toEqual(['/v1/check', '/healthz', '/openapi.json']);
    expect(components.schemas['CheckRequest']?.required).toEqual(['message']);
    expect(Object.keys(components.schemas['CheckResponse']?.properties ?? {})).toEqual(
      Object.keys(checkResponse.shape),
    );
    for (const [, name = ''] of document.matchAll(/#\/components\/schemas\/(\w+)/g))
      expect(components.schemas).toHaveProperty(name);
  });

  it('are no others', async () => {
    expect((await fetch(`${base}/v1/pack`)).status).toBe(404);
    expect((await fetch(`${base}/v1/check`)).status).toBe(405);
  });
});

describe('where it listens', () => {
  it('is this machine, unless it is told otherwise', () => {
    expect(parseListen('127.0.0.1:7733', false)).toEqual({
      ok: true,
      value: { host: '127.0.0.1', port: 7733 },
    });
    expect(parseListen('[::1]:0', false)).toEqual({ ok: true, value: { host: '::1', port: 0 } });
    for (const reachable of [
      '0.0.0.0:7733',
      '[::]:7733',
      '10.0.0.1:7733',
      'example.com:80',
      '127.example.com:80',
    ])
      expect(parseListen(reachable, false)).toMatchObject({
        ok: false,
        error: expect.stringContaining('--allow-remote') as string,
      });
    expect(parseListen('0.0.0.0:7733', true).ok).toBe(true);
    for (const none of ['7733', 'localhost', '127.0.0.1:99999'])
      expect(parseListen(none, true).ok).toBe(false);
  });
});

describe('npx shhh-guard', () => {
  const CLI = join(ROOT, 'functions/detection/guard/shhh-guard.ts');

  /** The service as somebody starts it who types `npx shhh-guard`: by the package's own entry, in a group of its own. */
  it(
    'is started by npx, listens where it says, checks, and ends on SIGTERM',
    { timeout: 60_000 },
    async () => {
      const child = spawn('npx', ['--offline', 'shhh-guard', '--listen', '127.0.0.1:0'], {
        cwd: ROOT,
        stdio: ['ignore', 'ignore', 'pipe'],
        detached: true,
      });
      let told = '';
      child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
      await expect.poll(() => told, { timeout: 50_000 }).toMatch(/listening on http:\/\/\S+,/);
      const url = /http:\/\/[^\s,]+/.exec(told)?.[0] ?? '';
      const answer = await fetch(`${url}/v1/check`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ message: leak() }),
      });
      expect(checkResponse.parse(await answer.json()).verdict).toBe('block');
      const exit = once(child, 'exit');
      process.kill(-(child.pid ?? Number.NaN), 'SIGTERM');
      await exit;
      await expect.poll(() => fetch(`${url}/healthz`).catch(() => 'gone'), { timeout: 10_000 }).toBe('gone');
    },
  );

  it.each([
    [['--listen', '0.0.0.0:0'], /--allow-remote/],
    [['--policy', 'HIGH=ignore'], /allow, redact, block/],
    [['--endpoint', 'https://example.com'], /SHHH_GUARD_API_KEY/],
    [['--when-guard-fails', 'sometimes'], /neither block nor allow/],
  ])('refuses %j and says what to write', async (args, says) => {
    const failed = await promisify(execFile)(process.execPath, [CLI, ...args]).catch(
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(says) as string });
  });
});

const go = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'go'))
  .find(existsSync);

/** The example of docs/guard. Needs Go; where there is none, the run says that this was skipped. */
describe.skipIf(go === undefined)('the Go example', () => {
  it('compiles, sends what may be sent, and sends nothing where the guard cannot be asked', async () => {
    const example = join(ROOT, 'docs/guard/go');
    const run = (guardAt: string, message: string) =>
      promisify(execFile)(String(go), ['run', '.', '-guard', guardAt, message], {
        cwd: example,
        env: { ...process.env, GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' },
      }).catch((error: unknown) => error as { stdout: string; stderr: string; code: number });
    expect(await run(base, 'hello')).toMatchObject({ stdout: 'sent: hello\n' });
    const secret = leak();
    const blocked = await run(base, `token ${secret}`);
    expect(blocked).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('SHHH did not send') as string,
    });
    expect(JSON.stringify(blocked.stderr)).not.toContain(secret);
    const closed = await run('http://127.0.0.1:9', 'hello');
    expect(closed).toMatchObject({ stdout: '', stderr: expect.stringContaining('not sent') as string });
  }, 120_000);
});
