import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import HypercoreStorage from 'hypercore-storage';
import { describe, expect, onTestFinished, test } from 'vitest';
import { MemoryDatabase, ReplicaMemory } from '../../../functions/ingest/adapters/memory-database.ts';

type Db = Pick<MemoryDatabase, 'ready' | 'read' | 'write' | 'iterator' | 'peek' | 'get' | 'close'>;

/** The real one, as hypercore's storage opens it. */
async function rocks(): Promise<Db> {
  const directory = mkdtempSync(join(tmpdir(), 'shhh-rocks-'));
  const storage: object = new HypercoreStorage(directory);
  if (!('db' in storage)) throw new Error('The storage has no database.');
  const db = storage.db as Db;
  await db.ready();
  onTestFinished(async () => {
    await db.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return db;
}

/** Short, of few letters, so that keys meet; some in one section, some in others. */
const key = fc
  .array(fc.constantFrom(0, 1, 3, 4, 0x7f, 0x80, 0xfb, 0xff), { minLength: 1, maxLength: 6 })
  .map((bytes) => Buffer.from(bytes));
const value = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 250, maxLength: 300 }));
const bound = fc.option(key, { nil: undefined });
/**
 * One bound below and one above, as the storage asks. With two on one side rocksdb-native's answer depends on how it
 * reads ahead: it peeks at `gte` and finds nothing where `gt` forbids just that key.
 */
const range = fc
  .record({
    lower: fc.constantFrom('gte', 'gt'),
    from: bound,
    upper: fc.constantFrom('lt', 'lte'),
    to: bound,
  })
  .map(({ lower, from, upper, to }) => ({ [lower]: from, [upper]: to }));

const change = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), key, value }),
  fc.record({ kind: fc.constant('delete' as const), key }),
  fc.record({ kind: fc.constant('delete-range' as const), ends: fc.tuple(key, key) }),
);
const step = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), changes: fc.array(change, { maxLength: 8 }) }),
  fc.record({ kind: fc.constant('get' as const), key }),
  fc.record({ kind: fc.constant('range' as const), range, reverse: fc.boolean(), limit: fc.nat(6) }),
  fc.record({ kind: fc.constant('peek' as const), range, reverse: fc.boolean() }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const hex = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString('hex');
const shown = (item: unknown): unknown =>
  item !== null && typeof item === 'object' && 'key' in item && 'value' in item
    ? [hex(item.key as Uint8Array), hex(item.value as Uint8Array)]
    : item;

async function does(db: Db, each: Step): Promise<unknown> {
  switch (each.kind) {
    case 'write': {
      const batch = db.write();
      for (const one of each.changes) {
        if (one.kind === 'put') batch.tryPut(one.key, one.value);
        else if (one.kind === 'delete') batch.tryDelete(one.key);
        else {
          const [start, end] = [...one.ends].sort((a, b) => Buffer.compare(a, b));
          if (start !== undefined && end !== undefined) batch.tryDeleteRange(start, end);
        }
      }
      await batch.flush();
      batch.destroy();
      return undefined;
    }
    case 'get': {
      const batch = db.read();
      const answer = batch.get(each.key);
      await batch.flush();
      batch.destroy();
      return hex(await answer);
    }
    case 'range': {
      const { reverse, limit } = each;
      const items: unknown[] = [];
      for await (const item of db.iterator(each.range, { reverse, limit })) items.push(shown(item));
      return items;
    }
    case 'peek':
      return shown(await db.peek({ ...each.range, reverse: each.reverse }));
  }
}

describe('the database in memory', () => {
  test('answers what RocksDB answers', { timeout: 60_000 }, async () => {
    const real = await rocks();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const memory = new MemoryDatabase();
        await does(real, {
          kind: 'write',
          changes: [{ kind: 'delete-range', ends: [Buffer.alloc(1), Buffer.alloc(16, 0xff)] }],
        });
        for (const each of steps) expect(await does(memory, each)).toEqual(await does(real, each));
      }),
      { numRuns: 150 },
    );
  });

  test('counts the bytes that it holds, and none of what is gone', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { maxLength: 30 }), (pairs) => {
        const memory = new MemoryDatabase();
        const batch = memory.write();
        for (const [each, its] of pairs) batch.tryPut(each, its);
        batch.tryFlush();
        const held = new Map(pairs.map(([each, its]) => [each.toString('hex'), each.length + its.length]));
        expect(memory.bytes).toBe([...held.values()].reduce((sum, bytes) => sum + bytes, 0));
        batch.tryDeleteRange(Buffer.alloc(1), Buffer.alloc(16, 0xff));
        batch.tryFlush();
        expect(memory.bytes).toBe(0);
      }),
    );
  });

  test('is closed for the storage once its session is', async () => {
    const memory = new MemoryDatabase();
    const session = memory.session();
    await session.close();
    expect([memory.closed, session.closed]).toEqual([false, true]);
  });
});

describe('the memory of all replicas', () => {
  const fill = (database: MemoryDatabase, bytes: number): void => {
    const batch = database.write();
    batch.tryPut(Buffer.from('k'), Buffer.alloc(bytes));
    batch.tryFlush();
  };

  test('asks the ones with more than their share to start anew once all together hold too much', () => {
    const memory = new ReplicaMemory(1_000);
    const [large, small] = [memory.create(), memory.create()];
    fill(large, 900);
    fill(small, 50);
    expect([large, small].map((each) => memory.isSpent(each))).toEqual([false, false]);
    fill(small, 200);
    expect([large, small].map((each) => memory.isSpent(each))).toEqual([true, false]);
    memory.forget(large);
    expect(memory.isSpent(small)).toBe(false);
  });
});
