import { beforeEach, describe, expect, test, vi } from 'vitest';
import { serveWitness } from '../../../functions/audit/witness-checkpoint.lambda.ts';
import { createCosigner } from '../../../functions/audit/domain/cosign.ts';
import { createHttpWitnessPost } from '../../../functions/audit/adapters/http-witness.ts';
import { openCheckpoint } from '../../../functions/kernel/tlog/checkpoint.ts';
import { addCheckpointRequest, watchedLogs } from '../../../functions/audit/domain/witness.ts';
import { checkpointPath } from '../../../functions/kernel/tlog/tiles.ts';
import { anEvent } from '../support/event-builder.ts';
import { buildLog, ORIGIN, sourceOf } from '../support/log-builder.ts';
import { createWitnessWorld } from '../support/witness-world.ts';

const log = buildLog([5, 300]);
const fork = buildLog([5, 300], { keys: log.keys, event: (at) => anEvent({ id: `other-${at}` }) });
const noteAt = (size: number, of = log) => Buffer.from(of.files.get(checkpointPath(size)) ?? []);
const checkpointOf = (note: Uint8Array) => {
  const opened = openCheckpoint(note, log.keys.keys);
  if (!opened.ok) throw new Error(opened.error);
  return opened.value.checkpoint;
};

let world: ReturnType<typeof createWitnessWorld>;
const metrics = { addMetric: vi.fn(), publishStoredMetrics: vi.fn() };
const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
beforeEach(() => {
  world = createWitnessWorld(ORIGIN, log.keys.keys);
  metrics.addMetric.mockClear();
});
const serve = (body: Uint8Array, routeKey = 'POST /add-checkpoint', base64 = false) =>
  serveWitness(
    { routeKey, body: Buffer.from(body).toString(base64 ? 'base64' : 'utf8'), isBase64Encoded: base64 },
    { witness: world.witness, logger, metrics },
  );

describe('the endpoint of a witness', () => {
  test('is what the log asks over HTTP', async () => {
    const requests: [string, string][] = [];
    const ask: typeof globalThis.fetch = async (url, init) => {
      requests.push([String(init?.method), new Request(url).url]);
      const { statusCode, headers, body } = await serve(Buffer.from(init?.body as Buffer));
      return new Response(body, { status: statusCode, headers });
    };
    const cosigner = createCosigner({
      witnesses: [{ url: 'https://witness.example/base/', key: world.key }],
      post: createHttpWitnessPost(ask),
      waitMs: 5_000,
      observe: ({ why }) => expect(why).toBe(''),
    });
    for (const size of [5, 305])
      expect(
        await cosigner.cosign(noteAt(size), checkpointOf(noteAt(size)), sourceOf(log.files)),
      ).toHaveLength(1);
    expect(requests[0]).toEqual(['POST', 'https://witness.example/base/add-checkpoint']);
  });

  test('reads a body in base64, says its key, and refuses what is too long', async () => {
    expect(
      (await serve(addCheckpointRequest(0, [], noteAt(5)), 'POST /add-checkpoint', true)).statusCode,
    ).toBe(200);
    expect((await serve(Buffer.alloc(0), 'GET /key')).body).toBe(`${world.key.vkey}\n`);
    expect((await serve(Buffer.alloc(20_000, 'a'))).statusCode).toBe(400);
  });

  test('tells whose size it is with the content type of tlog-witness', async () => {
    await serve(addCheckpointRequest(0, [], noteAt(305)));
    expect(await serve(addCheckpointRequest(0, [], noteAt(305)))).toMatchObject({
      statusCode: 409,
      headers: { 'content-type': 'text/x.tlog.size' },
      body: '305\n',
    });
  });

  test('counts a log that signed two histories', async () => {
    await serve(addCheckpointRequest(0, [], noteAt(5)));
    expect((await serve(addCheckpointRequest(5, [], noteAt(305, fork)))).statusCode).toBe(422);
    expect(metrics.addMetric).toHaveBeenCalledWith('WitnessConflicts', 'Count', 1);
  });

  test('says 503 where it cannot tell what it saw, and cosigns nothing', async () => {
    const signed = vi.fn();
    const blind = {
      ...world.witness,
      memory: { ...world.memory, remember: () => Promise.reject(new Error('away')) },
      signer: { ...world.witness.signer, sign: signed },
    };
    const answer = await serveWitness(
      { routeKey: 'POST /add-checkpoint', body: addCheckpointRequest(0, [], noteAt(5)).toString() },
      { witness: blind, logger, metrics },
    );
    expect(answer.statusCode).toBe(503);
    expect(signed).not.toHaveBeenCalled();
  });

  test('groups the keys of its logs by their names', () => {
    const other = buildLog([1]).keys.keys;
    expect(watchedLogs([...log.keys.keys]).map(({ origin, keys }) => [origin, keys.length])).toEqual([
      [ORIGIN, 2],
    ]);
    expect(watchedLogs([...log.keys.keys, ...other])).toHaveLength(1);
  });
});
