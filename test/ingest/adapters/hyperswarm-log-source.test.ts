import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Hypercore from 'hypercore';
import createTestnet from 'hyperdht/testnet.js';
import Hyperswarm from 'hyperswarm';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createHyperswarmLogSource } from '../../../functions/ingest/adapters/hyperswarm-log-source.ts';
import type { Peer } from '../../../functions/ingest/domain/ports.ts';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { logSourceContract } from '../../support/ingest/log-source-contract.ts';

const never = new AbortController().signal;
let network: Awaited<ReturnType<typeof createTestnet>>;

beforeAll(async () => {
  network = await createTestnet(3, { host: '127.0.0.1' });
});
afterAll(() => network.destroy());

/** An agent with a log that it offers in a real swarm. */
async function anAgent(topic: Buffer) {
  const directory = mkdtempSync(join(tmpdir(), 'shhh-writer-'));
  const core = new Hypercore(directory);
  await core.ready();
  const swarm = new Hyperswarm({ dht: network.createNode() });
  let connections = 0;
  swarm.on('connection', (connection) => {
    connections += 1;
    connection.on('error', () => undefined);
    core.replicate(connection);
  });
  await swarm.join(topic, { server: true, client: false }).flushed();
  let isGone = false;
  const leave = async (): Promise<void> => {
    if (!isGone) await swarm.destroy();
    isGone = true;
  };
  const cleanUp = async (): Promise<void> => {
    await leave();
    await core.close();
    rmSync(directory, { recursive: true, force: true });
  };
  const peer: Peer = { core: core.key.toString('hex'), driver: 'hyperswarm', topic: topic.toString('hex') };
  return { core, peer, leave, cleanUp, connections: () => connections };
}

const aSource = (overrides = {}) =>
  createHyperswarmLogSource(systemClock, Math.random, { bootstrap: network.bootstrap, ...overrides });

logSourceContract(async () => {
  const { core, peer, leave, cleanUp } = await anAgent(randomBytes(32));
  const { source, destroy } = aSource();
  return {
    source,
    peer,
    append: async (entries) => {
      await core.append(entries);
    },
    truncate: (newLength) => core.truncate(newLength),
    vanish: leave,
    cleanUp: async () => {
      await destroy();
      await cleanUp();
    },
  };
});

test('of several who announce a topic, the one that has the log is found, and asked first the next time', async () => {
  const topic = randomBytes(32);
  const others = [await anAgent(topic), await anAgent(topic)];
  const wanted = await anAgent(topic);
  for (const { cleanUp } of [...others, wanted]) onTestFinished(cleanUp);
  const { source, destroy } = aSource({ connectMs: 700 });
  onTestFinished(destroy);
  const first = await source.connect(wanted.peer, never);
  await first.close();
  const asked = others.map(({ connections }) => connections());
  const second = await source.connect(wanted.peer, never);
  await second.close();
  // Nobody who offered another log the first time was asked again.
  others.forEach(({ connections }, index) => {
    if ((asked[index] ?? 0) > 0) expect(connections()).toBe(asked[index]);
  });
});

test('a topic under which nobody has the log says so: nobody is there, or they offer other logs', async () => {
  const topic = randomBytes(32);
  const agent = await anAgent(topic);
  onTestFinished(agent.cleanUp);
  const { source, destroy } = aSource({ connectMs: 500 });
  onTestFinished(destroy);
  const core = 'ab'.repeat(32);
  await expect(source.connect({ ...agent.peer, core }, never)).rejects.toMatchObject({
    reason: 'wrong-key',
    met: { code: 'WRONG_KEY', offered: [agent.core.discoveryKey.toString('hex')] },
  });
  const elsewhere: Peer = { core, driver: 'hyperswarm', topic: randomBytes(32).toString('hex') };
  await expect(source.connect(elsewhere, never)).rejects.toMatchObject({ reason: 'unreachable' });
});
