/** What a witness remembers, and what lies beside the log, on real services. */
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openContent, sealContent, commitmentOf } from '../../../functions/audit/domain/commitment.ts';
import { besidePath } from '../../../functions/audit/domain/beside-path.ts';
import { sweep } from '../../../functions/audit/domain/sweep.ts';
import { createAwsWorld } from '../support/aws-world.ts';
import { createFakeWitnessMemory } from '../support/witness-world.ts';

const aws = createAwsWorld(inject('endpoint'));
afterAll(() => aws.close());

describe.each([
  ['in memory', async () => createFakeWitnessMemory()],
  ['on DynamoDB', aws.witnessMemory],
] as const)('the memory of a witness, %s', (_, create) => {
  const head = (size: number, fill = 1) => ({ origin: 'a/log', size, root: Buffer.alloc(32, fill) });

  test('knows of each log the last head, and nothing of one that it never saw', async () => {
    const memory = await create();
    expect(await memory.last('a/log')).toBeUndefined();
    expect(await memory.remember(head(5), 0)).toBe(true);
    expect(await memory.remember(head(5), 5)).toBe(true);
    expect(await memory.remember(head(9, 2), 5)).toBe(true);
    const last = await memory.last('a/log');
    expect([last?.size, Buffer.from(last?.root ?? []).equals(Buffer.alloc(32, 2))]).toEqual([9, true]);
    expect(await memory.last('another/log')).toBeUndefined();
  });

  test('remembers nothing that does not lead from the last one, and of many at once one', async () => {
    const memory = await create();
    expect(await memory.remember(head(5), 3)).toBe(false);
    const tries = Array.from({ length: 8 }, (_each, at) => memory.remember(head(5 + at, at), 0));
    expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
    expect(await memory.remember(head(2), 0)).toBe(false);
  });
});

test('KMS cosigns with an Ed25519 key under the name of a witness', async () => {
  const signer = await aws.witnessSigner('witness.example/w1');
  expect(signer.key).toMatchObject({ name: 'witness.example/w1', kind: 'cosignature' });
  expect(await signer.sign('cosignature/v1\ntime 1\ntext\n')).toHaveLength(64);
});

test('what lies beside the log on S3 is found where its commitment says, and swept on its day', async () => {
  const { beside, source } = await aws.beside();
  const [salt, content] = [Buffer.alloc(32, 3), Buffer.from('content')];
  const sha256 = commitmentOf(salt, content);
  for (const day of ['2026-11-01', '2026-11-20', '2026-12-01'])
    await beside.put(sha256, `${day}T10:00:00.000Z`, sealContent(salt, content));
  const now = Date.UTC(2026, 10, 20, 12);
  expect(await sweep(beside, { now: () => now }, () => true)).toEqual({ deleted: 1, finished: true });
  expect(await source.read(besidePath(sha256, '2026-11-01'))).toBeUndefined();
  const held = await source.read(besidePath(sha256, '2026-11-20'));
  expect(Buffer.from(openContent(sha256, held ?? Buffer.alloc(0)) ?? []).toString()).toBe('content');
  await beside.remove(sha256, '2026-12-01T10:00:00.000Z');
  expect(await source.read(besidePath(sha256, '2026-12-01'))).toBeUndefined();
});
