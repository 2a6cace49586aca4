import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  createAuditClient,
  createAuditLog,
  type AuditClientOptions,
} from '../../../functions/audit/client/index.ts';
import { takeForeignActs } from '../../../functions/audit/domain/acts-api.ts';
import { takeIn } from '../../../functions/audit/domain/take-in.ts';
import { AUDIT_ACTS } from '../../../functions/contracts/audit-acts.ts';
import type { HandedAct } from '../../../functions/contracts/audit.ts';
import { createIntakeWorld, NOW } from '../support/intake-world.ts';

const at = '2026-11-21T12:00:00.000Z';
const who = { actor: 'someone', subject: 'something' };
const timing = { started_at: at, finished_at: at, duration_ms: 12.5, cpu_ms: 8 };

describe('the typed log', () => {
  test('has a method for each kind of event, and each makes an act that the log takes in', async () => {
    const handed: HandedAct[] = [];
    let ids = 0;
    const audit = createAuditLog({
      handIn: async (act) => void handed.push(act),
      clock: { now: () => NOW },
      newId: () => `id-${(ids += 1)}`,
    });
    await audit.logCodeExecution({
      ...who,
      data: { outcome: 'succeeded', timing, resources: { memory_peak_bytes: 1 }, output: 'hello' },
    });
    await audit.logSecurityAssessment({
      ...who,
      data: { outcome: 'passed', tool: 'scanner', found: { LOW: 2 } },
    });
    await audit.logContainerCreation({
      ...who,
      data: { outcome: 'created', image: 'agent:1', privileged: false, limits: { memory_bytes: 5 } },
    });
    await audit.logResourceViolation({
      ...who,
      data: { outcome: 'killed', resource: 'memory', limit: 1, used: 2, unit: 'bytes' },
    });
    await audit.logSecurityEvent({ ...who, data: { severity: 'LOW', category: 'c', description: 'd' } });
    await audit.logSystemStart(who);
    await audit.logSystemStop({ ...who, data: { reason: 'asked to' } });
    await audit.logConfigurationChange({ ...who, data: { changed: { level: { before: 'a', after: 'b' } } } });
    await audit.logFinding({
      ...who,
      data: { finding_id: 'f', rule: 'r', secret_type: 's', severity: 'HIGH', status: 'quarantined' },
    });
    await audit.logReview({ ...who, data: { case_id: 'c', decision: 'confirm', reason: '' } });
    await audit.logAlert({ ...who, data: { alert_id: 'a', rule: 'r', severity: 'LOW', outcome: 'opened' } });
    await audit.logApproval({ ...who, data: { request_id: 'r', operation: 'o', outcome: 'approved' } });
    await audit.logRevocation({
      ...who,
      data: { revocation_id: 'r', provider: 'p', secret_type: 's', step: 'kill', outcome: 'revoked' },
    });
    await audit.logRotation({
      ...who,
      data: { rotation_id: 'r', secret_type: 's', step: 'stage', outcome: 'staged' },
    });
    await audit.logPatternChange({ ...who, data: { rule: 'r', change: 'added' } });
    await audit.logReport({
      ...who,
      data: { report_id: 'r', period: { from: at, to: at }, format: 'pdf', outcome: 'created' },
    });
    await audit.logBackup({ ...who, data: { what: 'table', outcome: 'verified', bytes: 1 } });
    await audit.logAdministrativeAccess({
      ...who,
      data: { operation: 'o', outcome: 'denied', source_ip: '192.0.2.1' },
    });
    expect(new Set(handed.map(({ type }) => type))).toEqual(new Set(Object.keys(AUDIT_ACTS)));
    expect(handed[0]).toMatchObject({ id: 'id-1', time: at, correlation_id: '' });
    const { intake, events } = createIntakeWorld();
    const answers = await takeIn(handed, intake);
    expect(answers.filter(({ did }) => did !== 'taken')).toEqual([]);
    expect(Object.keys(events.get('id-1')?.commitments ?? {})).toEqual(['output']);
    expect(events.get('id-18')?.data).toEqual({ operation: 'o', outcome: 'denied' });
  });

  test('refuses data of another kind without quoting it', async () => {
    const audit = createAuditLog({
      handIn: () => Promise.resolve(),
      clock: { now: () => NOW },
      newId: () => 'x',
    });
    const wrong = { severity: 'LOW' as const, category: '', description: 'quoted' };
    await expect(audit.logSecurityEvent({ ...who, data: wrong })).rejects.toThrow(
      /^data of security\.event: category: too_small$/,
    );
  });
});

/** An endpoint in memory, which answers as it is told before it answers honestly. */
function createEndpoint(...first: readonly (number | 'lost' | 'away')[]) {
  const world = createIntakeWorld();
  const told = [...first];
  const requests: { body: string; authorization: string }[] = [];
  const waits: number[] = [];
  const answer: typeof globalThis.fetch = async (_, init) => {
    const body = z.string().parse(init?.body);
    requests.push({ body, authorization: new Headers(init?.headers).get('authorization') ?? '' });
    const next = told.shift();
    if (next === 'away') throw new TypeError('fetch failed');
    if (typeof next === 'number')
      return Response.json(
        { error: { code: 'told', message: 'so' } },
        { status: next, headers: next === 429 ? { 'retry-after': '7' } : {} },
      );
    const { acts } = z.object({ acts: z.array(z.unknown()) }).parse(JSON.parse(body));
    const answers = await takeForeignActs(acts, { name: 'ci' }, undefined, (some) =>
      takeIn(some, world.intake),
    );
    if (next === 'lost') throw new TypeError('the answer was lost');
    return Response.json({ answers });
  };
  let ids = 0;
  const client = (more: Partial<AuditClientOptions> = {}) =>
    createAuditClient({
      url: 'https://audit.example',
      key: 'a-key',
      fetch: answer,
      wait: async (ms) => void waits.push(ms),
      now: () => NOW,
      newId: () => `id-${(ids += 1)}`,
      ...more,
    });
  return { ...world, requests, waits, client };
}
const event = { ...who, data: { severity: 'LOW' as const, category: 'c', description: 'd' } };

describe('the client over HTTP', () => {
  test('hands what comes together in as one request', async () => {
    const { client, requests, events } = createEndpoint();
    const audit = client();
    const answers = await Promise.all([audit.logSecurityEvent(event), audit.logSystemStart(who)]);
    expect(answers.map(({ did }) => did)).toEqual(['taken', 'taken']);
    expect(requests).toHaveLength(1);
    expect(requests[0]?.authorization).toBe('Bearer a-key');
    expect([...events.keys()]).toEqual(['api:ci:id-1', 'api:ci:id-2']);
  });

  test('splits what is more than a request may hold', async () => {
    const { client, requests, events } = createEndpoint();
    const audit = client();
    const big = { ...event, beside: { text: 'x'.repeat(400_000) } };
    await Promise.all([
      ...Array.from({ length: 250 }, () => audit.logSecurityEvent(event)),
      ...Array.from({ length: 3 }, () => audit.logSecurityEvent(big)),
    ]);
    expect(requests.length).toBe(4);
    expect(events.size).toBe(253);
    expect(Math.max(...requests.map(({ body }) => Buffer.byteLength(body)))).toBeLessThanOrEqual(1024 * 1024);
  });

  test('asks again under the same ids, so that an act whose answer was lost is one entry', async () => {
    const { client, requests, events } = createEndpoint('lost', 503, 'away');
    expect(await client().logSecurityEvent(event)).toMatchObject({ did: 'known' });
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
    expect(events.size).toBe(1);
  });

  test('waits as long as it is told', async () => {
    const { client, waits } = createEndpoint(429);
    await client({ lingerMs: 3 }).logSecurityEvent(event);
    expect(waits).toEqual([3, 7000]);
  });

  test.each([
    ['gives up after its attempts', [503, 503, 503] as const, 3, /503 told: so/],
    ['does not repeat what will always be refused', [401] as const, 1, /401/],
  ])('%s', async (_, told, requested, why) => {
    const { client, requests } = createEndpoint(...told);
    await expect(client({ attempts: 3 }).logSecurityEvent(event)).rejects.toThrow(why);
    expect(requests).toHaveLength(requested);
  });

  test('says what the log has refused', async () => {
    const { client } = createEndpoint();
    expect(
      await client().logFinding({
        ...who,
        data: { finding_id: 'f', rule: 'r', secret_type: 's', severity: 'LOW', status: 'x' },
      }),
    ).toEqual({
      did: 'refused',
      why: 'type: only SHHH itself says finding',
    });
    const huge = { ...event, beside: { text: 'x'.repeat(1024 * 1024) } };
    expect(await client().logSecurityEvent(huge)).toMatchObject({ did: 'refused' });
  });
});
