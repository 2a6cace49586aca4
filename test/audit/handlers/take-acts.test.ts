import { describe, expect, test, vi } from 'vitest';
import { serveActs, type TakeActsDependencies } from '../../../functions/audit/take-acts.lambda.ts';
import { takeIn } from '../../../functions/audit/domain/take-in.ts';
import { MAX_ACTS_BYTES } from '../../../functions/audit/domain/acts-api.ts';
import { createIntakeWorld, NOW } from '../support/intake-world.ts';

const run = {
  time: '2026-11-21T11:59:00.000Z',
  type: 'code.execution',
  actor: 'runner',
  subject: 'agent-7',
  data: {
    outcome: 'succeeded',
    timing: {
      started_at: '2026-11-21T11:58:00.000Z',
      finished_at: '2026-11-21T11:59:00.000Z',
      duration_ms: 60_000,
    },
    resources: {},
  },
};

function createWorld(change: Partial<TakeActsDependencies> = {}) {
  const { intake, events } = createIntakeWorld();
  const logged: unknown[] = [];
  const logger = {
    info: (...line: unknown[]) => logged.push(line),
    error: (...line: unknown[]) => logged.push(line),
  };
  const needed: TakeActsDependencies = {
    take: (acts) => takeIn(acts, intake),
    rates: { count: async () => 1 },
    clock: { now: () => NOW },
    logger: { ...logger, info: vi.fn(logger.info), error: vi.fn(logger.error) },
    metrics: { addMetric: vi.fn(), publishStoredMetrics: vi.fn() },
    ...change,
  };
  const post = async (body: unknown, { name = 'ci', key }: { name?: string; key?: string } = {}) => {
    const answer = await serveActs(
      {
        routeKey: 'POST /v1/acts',
        headers: key === undefined ? {} : { 'idempotency-key': key },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        requestContext: {
          requestId: 'r1',
          authorizer: { lambda: { keyId: 'abc', name, requestsPerMinute: '10' } },
        },
      },
      needed,
    );
    const json: unknown = JSON.parse(answer.body);
    return { status: answer.statusCode, headers: answer.headers, json };
  };
  return { post, events, logged };
}

describe('the endpoint for acts', () => {
  test('takes acts under ids and actors of their caller', async () => {
    const { post, events } = createWorld();
    expect(await post({ acts: [{ ...run, id: 'run-1' }] })).toMatchObject({
      status: 200,
      json: { answers: [{ did: 'taken', id: 'api:ci:run-1', redacted: 0 }] },
    });
    expect(events.get('api:ci:run-1')).toMatchObject({ actor: 'ci/runner', type: 'code.execution' });
    // Another caller's act of the same id is another act.
    expect((await post({ acts: [{ ...run, id: 'run-1' }] }, { name: 'other' })).json).toMatchObject({
      answers: [{ did: 'taken' }],
    });
    expect((await post({ acts: [{ ...run, id: 'run-1' }] })).json).toMatchObject({
      answers: [{ did: 'known' }],
    });
  });

  test('knows a repeated request by its idempotency key where acts have no ids', async () => {
    const { post, events } = createWorld();
    await post({ acts: [run, run] }, { key: 'k1' });
    expect((await post({ acts: [run, run] }, { key: 'k1' })).json).toMatchObject({
      answers: [{ did: 'known', id: 'api:ci:k1#0' }, { did: 'known' }],
    });
    expect(events.size).toBe(2);
    expect((await post({ acts: [run] })).json).toMatchObject({
      answers: [{ did: 'refused', why: expect.stringContaining('Idempotency-Key') as unknown }],
    });
  });

  test('takes the good acts of a request beside the bad ones, and quotes nothing', async () => {
    const { post, logged } = createWorld();
    const { json } = await post({
      acts: [
        { ...run, id: 'a' },
        { ...run, id: 'b', data: { ...run.data, outcome: 'quoted' } },
        { ...run, id: 'c', type: 'finding', data: {} },
        { ...run, id: 'd', quoted: 1 },
        'quoted',
      ],
    });
    expect(json).toMatchObject({
      answers: [
        { did: 'taken' },
        { did: 'refused', why: 'data of code.execution: outcome: invalid_value' },
        { did: 'refused', why: 'type: only SHHH itself says finding' },
        { did: 'refused' },
        { did: 'refused' },
      ],
    });
    expect(JSON.stringify([json, logged])).not.toContain('quoted');
  });

  test.each([
    ['no JSON', 'nonsense', 400],
    ['no acts', { acts: [] }, 400],
    ['too many acts', { acts: Array.from({ length: 101 }, () => run) }, 400],
    ['a body that is too large', `{"acts":["${'x'.repeat(MAX_ACTS_BYTES)}"]}`, 413],
  ])('refuses %s', async (_, body, status) => {
    const { post } = createWorld();
    expect(await post(body)).toMatchObject({
      status,
      json: { error: { message: expect.stringMatching(/.+/) as unknown } },
    });
  });

  test('slows a key down that asks too often', async () => {
    const { post } = createWorld({ rates: { count: async () => 11 } });
    expect(await post({ acts: [run] }, { key: 'k' })).toMatchObject({
      status: 429,
      headers: { 'retry-after': '60' },
    });
  });

  test('says when it cannot be told whether acts were kept', async () => {
    const { post } = createWorld({ take: () => Promise.reject(new Error('away')) });
    expect(await post({ acts: [run] }, { key: 'k' })).toMatchObject({
      status: 503,
      json: { error: { code: 'log_unavailable' } },
    });
  });
});
