import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSidecarLogSource } from '../../../functions/ingest/adapters/sidecar-log-source.ts';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { startWriter, type Writer } from '../../support/fleet/writer.ts';
import { logSourceContract } from '../../support/ingest/log-source-contract.ts';

const never = new AbortController().signal;

async function aWriter(): Promise<{ root: string; writer: Writer; cleanUp: () => Promise<void> }> {
  const root = mkdtempSync(join(tmpdir(), 'shhh-writer-'));
  const writer = await startWriter({ directory: join(root, 'agent'), seed: 1 });
  const cleanUp = async (): Promise<void> => {
    await writer.stop();
    rmSync(root, { recursive: true, force: true });
  };
  return { root, writer, cleanUp };
}

logSourceContract(async () => {
  const { root, writer, cleanUp } = await aWriter();
  return {
    source: createSidecarLogSource(systemClock, root, { pollMs: 20 }),
    peer: { core: writer.core, driver: 'sidecar', directory: 'agent' },
    append: async (entries) => {
      await writer.appendRaw(entries);
    },
    truncate: async (newLength) => {
      await writer.truncate(newLength);
    },
    vanish: async () => {
      await writer.stop();
      rmSync(join(root, 'agent'), { recursive: true });
    },
    cleanUp,
  };
});

test('a sidecar reads beside a writer that goes on, in nobody’s way', async () => {
  const { root, writer, cleanUp } = await aWriter();
  onTestFinished(cleanUp);
  const source = createSidecarLogSource(systemClock, root);
  const session = await source.connect({ core: writer.core, driver: 'sidecar', directory: 'agent' }, never);
  onTestFinished(() => session.close());
  const appending = writer.append({ entries: 2_000, perSecond: 1_000 });
  let read = 0;
  while (read < 2_000) {
    const window = await session.read(read, { maxEntries: 1_000, maxBytes: 1_000_000 });
    read = window?.seqEnd ?? read;
    if (window === undefined) await session.changed(session.head(), 200, never);
  }
  expect(await appending).toBe(2_000);
  // The writer's own lock was never taken: it goes on, and so does one that starts anew.
  expect(await writer.append({ entries: 1 })).toBe(2_001);
  expect(session.mayLag).toBe(false);
});

test('a sidecar says that a storage holds no log of this key', async () => {
  const { root, writer, cleanUp } = await aWriter();
  onTestFinished(cleanUp);
  await writer.append({ entries: 1 });
  const source = createSidecarLogSource(systemClock, root);
  await expect(
    source.connect({ core: 'ab'.repeat(32), driver: 'sidecar', directory: 'agent' }, never),
  ).rejects.toMatchObject({ reason: 'silent' });
  await expect(
    source.connect({ core: writer.core, driver: 'sidecar', directory: '../..' }, never),
  ).rejects.toMatchObject({ reason: 'unreachable' });
});
