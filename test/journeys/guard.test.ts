/** A message that is asked about before it is sent: by the endpoint, and by a guard beside the agent that reports to it. */
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { checkResponse } from '../../functions/detection/domain/guard-api.ts';
import { makeGuardKey } from '../../functions/detection/domain/guard-keys.ts';
import {
  createGuard,
  createRecorder,
  httpPackSource,
  keepCurrent,
} from '../../functions/detection/guard/index.ts';
import { createLeak, LEAK_TYPES } from '../support/fleet/leaks.ts';
import { createRandom } from '../support/fleet/random.ts';
import { findingsIn } from '../../scripts/demo/alert-receiver.ts';
import { SecretSearch, type SoughtSecret } from '../support/secret-search.ts';
import { everythingAtRest } from '../support/stores.ts';
import { System, until } from '../support/system.ts';

const random = createRandom(2024);
const AGENT = 'agent-of-the-guard-journey';
const planted: SoughtSecret[] = [];
let system: System;
let address: string;
let key: string;

/** Text with secrets that are searched for in the end. */
function leak(type: (typeof LEAK_TYPES)[number]): string {
  const { text, companion, secrets } = createLeak(type, random);
  planted.push(...secrets);
  return companion === undefined ? text : `${text} ${companion.variable}=${companion.text}`;
}
const message = (id: string, note: string) =>
  JSON.stringify({ type: 'task_help_request', from: AGENT, data: { message_id: id, note } });

async function newKey(requestsPerMinute = 6000): Promise<{ key: string; pk: string }> {
  const made = makeGuardKey(
    { name: 'journey', requestsPerMinute, createdAt: new Date().toISOString() },
    randomBytes(38),
  );
  await system.dynamo.send(new PutCommand({ TableName: system.outputs.GuardKeysTableName, Item: made.item }));
  planted.push({ type: 'guard-key', secret: made.key });
  return { key: made.key, pk: made.item.pk };
}

const post = (path: string, body: unknown, by: string | undefined = key) =>
  fetch(`${address}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(by !== '' && { authorization: `Bearer ${by}` }) },
    body: JSON.stringify(body),
  });
const check = async (body: unknown) => checkResponse.parse(await (await post('/v1/check', body)).json());
const stopped = async () => (await system.findings()).filter(({ agent }) => agent.startsWith(AGENT));

beforeAll(async () => {
  system = await System.connect();
  address = `${inject('deployed').endpoint}/_aws/execute-api/${system.outputs.GuardApiId}/$default`;
  ({ key } = await newKey());
});
afterAll(async () => {
  // The other journeys share the stack, and count what lies in the quarantine.
  for (const { pk } of await stopped())
    await system.dynamo.send(
      new DeleteCommand({ TableName: system.outputs.QuarantineTableName, Key: { pk } }),
    );
  await system.close();
});

describe('the endpoint', () => {
  it('answers nobody who shows no key, a wrong one, or one that was revoked', async () => {
    const wrong = key.slice(0, -4) + (key.endsWith('AAAA') ? 'BBBB' : 'AAAA');
    const revoked = await newKey();
    await system.dynamo.send(
      new UpdateCommand({
        TableName: system.outputs.GuardKeysTableName,
        Key: { pk: revoked.pk },
        UpdateExpression: 'SET revokedAt = :now',
        ExpressionAttributeValues: { ':now': new Date().toISOString() },
      }),
    );
    expect((await post('/v1/check', { message: 'hello' }, '')).status).toBe(401);
    expect((await post('/v1/check', { message: 'hello' }, wrong)).status).toBe(403);
    expect((await post('/v1/check', { message: 'hello' }, revoked.key)).status).toBe(403);
  });

  it('lets a clean message pass', async () => {
    expect(await check({ message: message('m-0', 'all tests pass') })).toMatchObject({
      verdict: 'allow',
      findings: [],
    });
  });

  it('blocks leaks of many types, records each once, and knows a repeat', async () => {
    const sent = LEAK_TYPES.map((type, index) => message(`m-${type}-${index}`, `use ${leak(type)} for it`));
    for (const each of sent) {
      const first = await check({ message: each });
      expect(first.verdict, each.slice(0, 80)).not.toBe('allow');
      expect(first.noticeForSender).toContain(first.findings[0]?.fingerprint.slice(0, 16));
      expect(first.repeated).toBe(false);
      const again = await check({ message: each });
      expect(again.repeated).toBe(true);
      expect(again.findings).toEqual(first.findings);
    }
    const items = await stopped();
    expect(new Set(items.map(({ messageId }) => messageId)).size).toBe(sent.length);
    for (const item of items) expect(item.stage).toBe('blocked-before-send');
  });

  it('has every recorded finding on the bus and the severe ones alerted, with the message as the reference', async () => {
    const severe = (await stopped()).filter(({ severity }) => severity === 'HIGH' || severity === 'CRITICAL');
    expect(severe.length).toBeGreaterThan(5);
    const alerts = () => system.alerts.received.filter(({ agent }) => agent === AGENT);
    await until(90_000, () => findingsIn(alerts()) >= severe.length);
    expect(findingsIn(alerts())).toBe(severe.length);
    for (const alert of alerts()) expect(alert.log_reference).toMatch(/^guard:m-/);
  });

  it('says 429 to a key that asks too often, and to no other', async () => {
    const busy = await newKey(3);
    const statuses: number[] = [];
    // A minute may end in between: within two of them the limit is met.
    for (let asked = 0; asked < 8; asked += 1)
      statuses.push((await post('/v1/check', { message: 'hello' }, busy.key)).status);
    expect(statuses.slice(0, 3)).toEqual([200, 200, 200]);
    expect(statuses).toContain(429);
    expect((await post('/v1/check', { message: 'hello' })).status).toBe(200);
  });

  it('refuses a report that still holds a secret, and keeps nothing of it', async () => {
    const report = {
      agent: AGENT,
      messageId: 'careless',
      detectedAt: new Date().toISOString(),
      findings: [
        {
          ...{
            rule: 'R',
            secretType: 'r',
            provider: 'p',
            severity: 'HIGH',
            confidence: 0.9,
            offset: 0,
            length: 20,
          },
          ...{
            redactedKey: '****',
            redactedContent: `oh: ${leak('github-pat')}`,
            fingerprint: 'f'.repeat(64),
          },
        },
      ],
    };
    const answer = await post('/v1/blocked', report);
    expect(answer.status).toBe(422);
    expect((await stopped()).map(({ messageId }) => messageId)).not.toContain('careless');
  });
});

describe('a guard beside the agent', () => {
  it('takes its rules from the endpoint and reports what it stopped, once', async () => {
    const recorder = createRecorder({ url: `${address}/v1/blocked`, apiKey: key });
    const guard = createGuard({ fingerprintKey: key, onStopped: (each) => recorder.record(each) });
    const keeper = keepCurrent(guard, httpPackSource({ url: `${address}/v1/pack`, apiKey: key }));
    expect(await keeper.refresh()).toEqual({ outcome: 'taken', pack: guard.pack });
    expect(await keeper.refresh()).toEqual({ outcome: 'unchanged' });
    keeper.stop();

    const text = message('beside-1', `deploy with ${leak('gitlab-pat')} please`);
    expect(guard.check(text).verdict).toBe('block');
    expect(guard.check(text).repeated).toBe(true);
    expect(await recorder.drain(20_000)).toBe(true);
    expect(recorder.counts()).toMatchObject({ recorded: 2, dropped: 0, refused: 0 });
    const items = (await stopped()).filter(({ messageId }) => messageId === 'beside-1');
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ stage: 'blocked-before-send', agent: AGENT });
  });
});

describe('what was asked about', () => {
  it('is nowhere at rest: no table, stream, object, log, metric or queue holds a secret or a key', async () => {
    const search = new SecretSearch(planted);
    const exposures = [];
    const stores = new Set<string | undefined>();
    for await (const { where, text } of everythingAtRest(system.clientOptions)) {
      stores.add(where.split(' ')[0]);
      exposures.push(...search.in(where, text));
    }
    exposures.push(...search.in('alert receiver', JSON.stringify(system.alerts)));
    exposures.push(...search.in("the functions' runtimes' own output", await system.emulatorLog()));
    expect(exposures).toEqual([]);
    expect([...stores]).toEqual(expect.arrayContaining(['table', 'stream', 'log', 'queue']));
  });
});
