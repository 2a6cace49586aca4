import { describe, expect, test } from 'vitest';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import {
  createManagedSecret,
  type PublishedVersion,
} from '../../../functions/rotation/client/managed-secret.ts';

const version = (number: number): PublishedVersion => ({
  versionId: `version-${number}`,
  value: new Redacted(`value-${number}`),
});

function aService() {
  const world = {
    nowMs: 0,
    published: 1,
    readable: true,
    deskAnswers: true,
    reads: 0,
    acknowledged: [] as string[],
    works: new Set(['value-1']),
  };
  const secret = createManagedSecret({
    read: () => {
      world.reads += 1;
      return world.readable
        ? Promise.resolve(version(world.published))
        : Promise.reject(new Error('no answer'));
    },
    acknowledge: (versionId) => {
      if (!world.deskAnswers) return Promise.reject(new Error('no answer'));
      world.acknowledged.push(versionId);
      return Promise.resolve();
    },
    clock: { now: () => world.nowMs },
    keepMs: 60_000,
  });
  const request = () =>
    secret.use(
      (value) =>
        world.works.has(value.reveal())
          ? Promise.resolve(value.reveal())
          : Promise.reject(new Error('refused')),
      (error) => error instanceof Error && error.message === 'refused',
    );
  return { world, secret, request };
}

describe('a service with a managed secret', () => {
  test('reads once, and acknowledges once what it works with', async () => {
    const { world, request } = aService();
    await Promise.all([request(), request(), request()]);
    await request();
    expect(world.reads).toBe(1);
    expect(world.acknowledged).toEqual(['version-1']);
  });

  test('notices a new version when the time is over, and acknowledges it by using it', async () => {
    const { world, request } = aService();
    await request();
    world.published = 2;
    world.works.add('value-2');
    expect(await request()).toBe('value-1');
    world.nowMs = 60_000;
    expect(await request()).toBe('value-2');
    expect(world.acknowledged).toEqual(['version-1', 'version-2']);
  });

  test('reads again at once when the old one is refused, and nobody sees a failure', async () => {
    const { world, request } = aService();
    await request();
    world.published = 2;
    world.works = new Set(['value-2']);
    expect(await request()).toBe('value-2');
  });

  test('does not acknowledge what did not work, and says so when nothing newer is there', async () => {
    const { world, request } = aService();
    world.works.clear();
    await expect(request()).rejects.toThrow('refused');
    expect(world.acknowledged).toEqual([]);
  });

  test('goes on with what it knows while the secret cannot be read', async () => {
    const { world, request } = aService();
    await request();
    world.readable = false;
    world.nowMs = 120_000;
    expect(await request()).toBe('value-1');
  });

  test('waits for no read while it is in use, and for the first one after a pause', async () => {
    const { world, request } = aService();
    await request();
    world.published = 2;
    world.works.add('value-2');
    world.nowMs = 30_000;
    expect(await request()).toBe('value-1');
    expect(world.reads).toBe(2);
    expect(await request()).toBe('value-2');
  });

  test('asks again every five seconds for what could not be read, and holds up nobody meanwhile', async () => {
    const { world, request } = aService();
    await request();
    world.readable = false;
    world.nowMs = 60_000;
    await Promise.all([request(), request()]);
    await request();
    expect(world.reads).toBe(2);
    world.nowMs = 65_000;
    expect(await request()).toBe('value-1');
    expect(world.reads).toBe(3);
  });

  test('acknowledges again what was not heard', async () => {
    const { world, request } = aService();
    world.deskAnswers = false;
    await request();
    await Promise.resolve();
    world.deskAnswers = true;
    await request();
    expect(world.acknowledged).toEqual(['version-1']);
  });
});
