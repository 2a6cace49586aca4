/** The import from a real Redis. */
import { createClient, type RedisClientType } from '@redis/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { importRecords } from '../../../scripts/import/import-records.ts';
import { openSource } from '../../../scripts/import/sources.ts';
import { findRedisServer, startRedis, type RedisServer } from '../../support/redis-server.ts';
import { importInto, oldRecord, secretOf } from '../support.ts';

const binary = await findRedisServer();
if (binary === undefined)
  console.warn('No redis-server here, and none could be installed: the import from Redis is not tested.');

describe.skipIf(binary === undefined)('the import from Redis', () => {
  let server: RedisServer;
  let redis: RedisClientType;
  const quiet = { remove: false, onProgress: () => undefined };
  const list = () => redis.lRange('quarantine', 0, -1);
  const open = (key = 'quarantine') => openSource(`${server.url}/0?key=${key}`);

  beforeAll(async () => {
    server = await startRedis(binary ?? '');
    redis = createClient({ url: server.url });
    redis.on('error', () => undefined);
    await redis.connect();
  });
  beforeEach(async () => {
    await redis.flushAll();
  });
  afterAll(async () => {
    redis.destroy();
    await server.stop();
  });
  const push = (...records: unknown[]) =>
    redis.rPush(
      'quarantine',
      records.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))),
    );

  test('moves every record in, redacted, and leaves the source as it is', async () => {
    await push(...Array.from({ length: 250 }, (_, seed) => oldRecord(seed)));
    const { quarantine, dependencies } = importInto();
    const source = await open();
    const seen: number[] = [];
    const report = await importRecords(
      source,
      { remove: false, onProgress: ({ records }) => seen.push(records) },
      dependencies,
    );
    await source.close();
    expect(report).toMatchObject({ records: 250, imported: 250, rejected: 0, removed: 0 });
    expect(quarantine.items.size).toBe(250);
    expect(seen).toEqual([100, 200, 250]);
    expect(await redis.lLen('quarantine')).toBe(250);
    const text = JSON.stringify([...quarantine.items.values()]);
    for (let seed = 0; seed < 250; seed += 1) expect(text).not.toContain(secretOf(seed).slice(8));
  });

  test('removes what was read back here and nothing else, also from the middle of the list', async () => {
    const kept = [
      'no JSON at all',
      JSON.stringify({ reason: 'x' }),
      JSON.stringify(oldRecord(1, { log_line: 'harmless' })),
    ];
    const good = Array.from({ length: 230 }, (_, seed) => oldRecord(seed));
    await push(...good.slice(0, 90), kept[0], ...good.slice(90, 180), kept[1], ...good.slice(180), kept[2]);
    const { quarantine, dependencies } = importInto();
    const source = await open();
    const report = await importRecords(source, { ...quiet, remove: true }, dependencies);
    await source.close();
    expect(report).toMatchObject({ records: 233, imported: 230, rejected: 3, removed: 230 });
    expect(quarantine.items.size).toBe(230);
    expect(await list()).toEqual(kept);
    expect(report.rejections.map(({ reason }) => reason)).toEqual([
      'no JSON',
      expect.stringContaining('timestamp: ') as string,
      'no rule finds a secret in it',
    ]);
  });

  test('removes nothing that is not there: a finding that cannot be read back stops it', async () => {
    await push(oldRecord(1), oldRecord(2));
    const { dependencies } = importInto();
    const source = await open();
    await expect(
      importRecords(source, { ...quiet, remove: true }, { ...dependencies, isThere: async () => false }),
    ).rejects.toThrow('cannot be read back');
    await source.close();
    expect(await redis.lLen('quarantine')).toBe(2);
  });

  test('goes on after an interruption: the outcome is that of one run', async () => {
    await push(...Array.from({ length: 150 }, (_, seed) => oldRecord(seed)));
    const { quarantine, dependencies } = importInto();
    let writes = 0;
    const failing = {
      put: async (item: Parameters<typeof quarantine.put>[0]) => {
        writes += 1;
        if (writes === 120) throw new Error('throttled');
        return quarantine.put(item);
      },
    };
    const first = await open();
    await expect(
      importRecords(first, { ...quiet, remove: true }, { ...dependencies, quarantine: failing }),
    ).rejects.toThrow('throttled');
    await first.close();
    expect(quarantine.items.size + (await redis.lLen('quarantine'))).toBe(150);
    // The older sentinel is still running.
    await redis.lPush('quarantine', JSON.stringify(oldRecord(500)));
    const again = await open();
    const report = await importRecords(again, { ...quiet, remove: true }, dependencies);
    await again.close();
    expect(report).toMatchObject({ rejected: 0, records: 32 });
    expect(quarantine.items.size).toBe(151);
    expect(await redis.lLen('quarantine')).toBe(0);
  });

  test('recognises on a second run what is there, though it stands elsewhere in the list', async () => {
    await push(...Array.from({ length: 30 }, (_, seed) => oldRecord(seed)));
    const { quarantine, dependencies } = importInto();
    const one = await open();
    await importRecords(one, quiet, dependencies);
    await one.close();
    await redis.lPush('quarantine', JSON.stringify(oldRecord(77)));
    const two = await open();
    expect(await importRecords(two, quiet, dependencies)).toMatchObject({ imported: 1, thereAlready: 30 });
    await two.close();
    expect(quarantine.items.size).toBe(31);
  });

  test('says what is wrong with a source that is none', async () => {
    await expect(open('nothing')).rejects.toThrow('There is no list nothing');
    await redis.set('text', 'x');
    await expect(open('text')).rejects.toThrow('is a string, no list');
    await expect(openSource('redis://127.0.0.1:9/0')).rejects.toThrow('does not answer');
  });

  test('fails, and does not hang, when Redis goes away in the middle', async () => {
    const doomed = await startRedis(binary ?? '');
    const client = createClient({ url: doomed.url });
    client.on('error', () => undefined);
    await client.connect();
    await client.rPush(
      'quarantine',
      Array.from({ length: 150 }, (_, seed) => JSON.stringify(oldRecord(seed))),
    );
    const { dependencies } = importInto();
    const source = await openSource(`${doomed.url}/0`);
    await expect(
      importRecords(
        source,
        { remove: false, onProgress: ({ records }) => void (records === 100 && doomed.kill()) },
        { ...dependencies, isThere: async () => true },
      ),
    ).rejects.toThrow();
    await source.close();
    client.destroy();
  });
});
