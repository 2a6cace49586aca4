import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packTag } from '../../../functions/detection/domain/open-pack.ts';
import { createGuard } from '../../../functions/detection/guard/guard.ts';
import {
  filePackSource,
  httpPackSource,
  keepCurrent,
  trustedUrl,
  type PackSource,
  type Refresh,
} from '../../../functions/detection/guard/pack-source.ts';
import { createLeak } from '../../support/fleet/leaks.ts';
import { createRandom } from '../../support/fleet/random.ts';
import { projectPack } from '../support/scanner.ts';

const pack = (digest: string, rules = projectPack().rules) => ({ ...projectPack(), digest, rules });

let directory: string;
let document = '';
let status = 200;
let asked: { tag: string | undefined; authorization: string | undefined }[] = [];
const server = createServer((request, response) => {
  asked.push({ tag: request.headers['if-none-match'], authorization: request.headers.authorization });
  const etag = packTag(document);
  if (status !== 200) response.writeHead(status).end();
  else if (request.url === '/forged') response.writeHead(200, { etag: packTag('another') }).end(document);
  else if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
  else response.writeHead(200, { etag }).end(document);
});
let url: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'shhh-guard-pack-'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(directory, { recursive: true, force: true });
});

/** Each kind of source, with a way to put a document where it reads. */
const sources: [string, () => { source: PackSource; put: (text: string) => Promise<void> }][] = [
  [
    'a file',
    () => {
      const file = path.join(directory, 'patterns.json');
      return {
        source: filePackSource(file),
        put: async (text) => {
          await writeFile(`${file}.new`, text);
          await rename(`${file}.new`, file);
        },
      };
    },
  ],
  [
    'an address',
    () => ({
      source: httpPackSource({ url: `${url}/v1/pack`, apiKey: 'a key' }),
      put: async (text) => void (document = text),
    }),
  ],
];

describe.each(sources)('rules from %s', (_name, make) => {
  it('are taken when they change, and only then', async () => {
    const { source, put } = make();
    const guard = createGuard();
    const keeper = keepCurrent(guard, source);
    await put(JSON.stringify(pack('first')));
    expect(await keeper.refresh()).toEqual({ outcome: 'taken', pack: 'first' });
    expect(await keeper.refresh()).toEqual({ outcome: 'unchanged' });
    await put(JSON.stringify(pack('second')));
    expect(await keeper.refresh()).toEqual({ outcome: 'taken', pack: 'second' });
    expect(guard.pack).toBe('second');
    keeper.stop();
  });

  it('that are bad are refused, told of once, and the old ones stay', async () => {
    const { source, put } = make();
    const guard = createGuard();
    const own = guard.pack;
    const told: Refresh[] = [];
    const keeper = keepCurrent(guard, source, { onRefresh: (each) => told.push(each) });
    await put(JSON.stringify(pack('empty', [])));
    expect(await keeper.refresh()).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('rules') as string,
    });
    expect(await keeper.refresh()).toEqual({ outcome: 'unchanged' });
    expect(told).toHaveLength(1);
    await put('{"half of a pa');
    expect(await keeper.refresh()).toMatchObject({ outcome: 'unreachable', reason: 'The pack is no JSON.' });
    expect(guard.pack).toBe(own);
    expect(guard.check(createLeak('github-pat', createRandom(1)).text).verdict).toBe('block');
    keeper.stop();
  });
});

describe('rules from an address', () => {
  it('are asked for with the key and with the tag of the last', async () => {
    asked = [];
    document = JSON.stringify(pack('tagged'));
    const keeper = keepCurrent(createGuard(), httpPackSource({ url, apiKey: 'a key' }));
    await keeper.refresh();
    await keeper.refresh();
    keeper.stop();
    expect(asked).toEqual([
      { tag: undefined, authorization: 'Bearer a key' },
      { tag: packTag(document), authorization: 'Bearer a key' },
    ]);
  });

  it('are refused where they are not what their tag says', async () => {
    document = JSON.stringify(pack('forged'));
    const keeper = keepCurrent(createGuard(), httpPackSource({ url: `${url}/forged` }));
    expect(await keeper.refresh()).toMatchObject({
      outcome: 'unreachable',
      reason: expect.stringContaining('ETag') as string,
    });
    keeper.stop();
  });

  it('stay the old ones while the address answers with an error or not at all', async () => {
    const guard = createGuard();
    const own = guard.pack;
    status = 500;
    expect(await keepCurrent(guard, httpPackSource({ url })).refresh()).toMatchObject({
      outcome: 'unreachable',
    });
    status = 200;
    expect(await keepCurrent(guard, httpPackSource({ url: 'http://127.0.0.1:9' })).refresh()).toMatchObject({
      outcome: 'unreachable',
    });
    expect(guard.pack).toBe(own);
  });

  it('come over HTTPS, or from this machine', () => {
    for (const good of [
      'https://example.com/v1/pack',
      'http://127.0.0.1:1',
      'http://localhost:1',
      'http://[::1]:1',
    ])
      expect(trustedUrl(good).href).toContain(new URL(good).host);
    for (const bad of ['http://example.com', 'http://127.0.0.1.example.com', 'file:///rules', 'rules'])
      expect(() => trustedUrl(bad)).toThrow(/https:/);
  });
});
