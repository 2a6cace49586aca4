import { PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { readFileSync, mkdtempSync, rmSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, inject, onTestFinished, test } from 'vitest';
import { checkpointItem, ingestKey, leaseItem } from '../../../functions/contracts/ingest-state.ts';
import { startWriter } from '../../support/fleet/writer.ts';
import { IngestCloud } from '../../support/ingest/cloud.ts';
import { batchesIn } from '../../support/ingest/read-message.ts';
import { startShipper } from '../../support/ingest/shipper-process-starter.ts';

const endpoint = inject('endpoint');
const cloud = new IngestCloud(endpoint);
afterAll(() => cloud.destroy());

test('the container starts the very entry point that is tested here, without npm between it and SIGTERM', () => {
  const dockerfile = readFileSync(
    resolve(import.meta.dirname, '../../../functions/ingest/Dockerfile'),
    'utf8',
  );
  expect(dockerfile).toMatch(/^CMD \["node", "functions\/ingest\/shhh-shipper\.ts"\]$/m);
  expect(dockerfile).toMatch(/^USER node$/m);
});

test('the service ships logs of every place, and hands all over in good order when it is asked to end', async () => {
  const root = mkdtempSync(join(tmpdir(), 'shhh-service-'));
  const [byTcp, bySidecar] = [
    await startWriter({ directory: join(root, 'tcp'), seed: 21 }),
    await startWriter({ directory: join(root, 'beside'), seed: 22 }),
  ];
  const table = await cloud.createTable();
  const queueUrl = await cloud.createQueue();
  const file = 'ef'.repeat(32);
  const swarmed = 'ee'.repeat(32);
  const places = {
    [byTcp.core]: { host: byTcp.host, port: byTcp.port },
    [bySidecar.core]: { driver: 'sidecar', directory: 'beside' },
    [file]: { driver: 'json-lines', path: 'agent.jsonl' },
    [swarmed]: { driver: 'hyperswarm', topic: 'aa'.repeat(32) },
  };
  for (const [core, place] of Object.entries(places))
    await cloud.dynamo.send(
      new PutCommand({ TableName: table, Item: { ...ingestKey.peer(core), core, ...place } }),
    );
  const shipper = startShipper({
    endpoint,
    table,
    queueUrl,
    runSeconds: 60,
    asService: { DRIVERS: 'tcp,sidecar,json-lines', LOG_ROOT: root, EXCLUDED_TYPES: 'peer_joined' },
  });
  onTestFinished(async () => {
    await shipper.kill();
    await byTcp.stop();
    await bySidecar.stop();
    rmSync(root, { recursive: true, force: true });
  });
  await byTcp.append({ entries: 300 });
  await bySidecar.append({ entries: 200 });
  appendFileSync(join(root, 'agent.jsonl'), '{"type":"note","n":1}\n{"type":"peer_joined","n":2}\n{"n":3}\n');

  const seen = new Map<string, Map<number, string>>();
  const count = (core: string): number => seen.get(core)?.size ?? 0;
  const deadline = performance.now() + 40_000;
  while (count(byTcp.core) < 300 || count(bySidecar.core) < 200 || count(file) < 3) {
    if (performance.now() > deadline) throw new Error(JSON.stringify(shipper.lines.slice(-5)));
    for (const body of await cloud.takeSome(queueUrl))
      for (const { core, entries } of batchesIn(body)) {
        const of = seen.get(core) ?? new Map<number, string>();
        seen.set(core, of);
        for (const { seq, body: text } of entries) of.set(seq, text);
      }
  }
  // An excluded entry keeps its place and loses its bytes.
  expect([...(seen.get(file)?.entries() ?? [])].sort(([a], [b]) => a - b)).toEqual([
    [0, '{"type":"note","n":1}'],
    [1, ''],
    [2, '{"n":3}'],
  ]);

  const asked = performance.now();
  expect(await shipper.terminate()).toBe(0);
  expect(performance.now() - asked).toBeLessThan(15_000);
  const itemOf = async (key: { pk: string; sk: string }): Promise<unknown> =>
    (
      await cloud.dynamo.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk = :sk',
          ExpressionAttributeValues: { ':pk': key.pk, ':sk': key.sk },
        }),
      )
    ).Items?.[0];
  // The lease is free at once, and the checkpoints are where the queue is.
  expect(leaseItem.parse(await itemOf(ingestKey.lease()))).toMatchObject({ expiresAt: 0 });
  expect(checkpointItem.parse(await itemOf(ingestKey.checkpoint(byTcp.core)))).toMatchObject({ length: 300 });
  expect(checkpointItem.parse(await itemOf(ingestKey.checkpoint(bySidecar.core)))).toMatchObject({
    length: 200,
  });
  expect(checkpointItem.parse(await itemOf(ingestKey.checkpoint(file)))).toMatchObject({ length: 3 });
  const events = shipper.lines.map(({ event }) => event);
  expect(events.at(-1)).toBe('shipper_stopped');
  expect(
    shipper.lines.find(({ event, core }) => event === 'entries_excluded' && core === file),
  ).toMatchObject({
    types: ['peer_joined:1'],
  });
  // What this host may not read is told, with the way out, and holds nobody up.
  expect(
    shipper.lines.find(({ event, reason }) => event === 'peer_troubled' && reason === 'no-driver'),
  ).toMatchObject({
    core: swarmed,
    error_message: expect.stringContaining('shipper.drivers') as unknown,
  });
});

test('the service refuses to start without what it needs, and says what that is', async () => {
  const shipper = startShipper({
    endpoint,
    table: 'table',
    queueUrl: 'http://127.0.0.1:9/queue',
    runSeconds: 60,
    asService: { DRIVERS: 'sidecar' },
  });
  onTestFinished(() => shipper.kill());
  while (shipper.lines.length === 0) await new Promise((wait) => setTimeout(wait, 50));
  expect(shipper.lines[0]).toMatchObject({
    event: 'shipper_not_started',
    error_message: expect.stringContaining('LOG_ROOT') as unknown,
  });
});
