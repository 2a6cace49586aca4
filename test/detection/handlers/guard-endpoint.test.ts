import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { authorizeGuard } from '../../../functions/detection/authorize-guard.lambda.ts';
import {
  serveGuard,
  type GuardEndpointDependencies,
} from '../../../functions/detection/check-message.lambda.ts';
import { blockedReceipt, checkResponse } from '../../../functions/detection/domain/guard-api.ts';
import { makeGuardKey, type GuardKeyItem } from '../../../functions/detection/domain/guard-keys.ts';
import { DEFAULT_POLICY } from '../../../functions/detection/domain/guard-policy.ts';
import { createGuard, type StoppedMessage } from '../../../functions/detection/guard/guard.ts';
import { createLeak } from '../../support/fleet/leaks.ts';
import { createRandom } from '../../support/fleet/random.ts';
import { NOW } from '../support/batches.ts';
import { fakeFingerprinter, fakeQuarantine } from '../support/fakes.ts';
import { fakeGuardKeys, fakeGuardRates } from '../support/guard-fakes.ts';
import { projectScanner } from '../support/scanner.ts';

const random = createRandom(77);
const leak = () => createLeak('github-pat', random).text;
const scanner = projectScanner();

let quarantine: ReturnType<typeof fakeQuarantine>;
let lines: { event: string; fields: unknown }[];
let metrics: Record<string, number>;
let needed: GuardEndpointDependencies;

const log = (event: unknown, ...fields: unknown[]) => void lines.push({ event: String(event), fields });

beforeEach(() => {
  quarantine = fakeQuarantine();
  lines = [];
  metrics = {};
  needed = {
    scanner,
    policy: DEFAULT_POLICY,
    fingerprinter: fakeFingerprinter(),
    quarantine,
    rates: fakeGuardRates(),
    clock: { now: () => NOW },
    retentionDays: { LOW: 30, MEDIUM: 30, HIGH: 30, CRITICAL: 30 },
    logger: { info: log, warn: log, error: log },
    metrics: {
      addMetric: (name: string, _unit: unknown, value: number) =>
        void (metrics[name] = (metrics[name] ?? 0) + value),
      publishStoredMetrics: () => undefined,
    } as unknown as GuardEndpointDependencies['metrics'],
    packDocument: '{"version":1}',
  };
});

const event = (routeKey: string, body?: unknown, more: object = {}) => ({
  version: '2.0',
  routeKey,
  headers: { 'content-type': 'application/json' },
  ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  isBase64Encoded: false,
  requestContext: {
    requestId: 'r-1',
    authorizer: { lambda: { keyId: 'abcdefabcdef', name: 'ci', requestsPerMinute: '5' } },
  },
  ...more,
});
const check = async (body: unknown) => {
  const { statusCode, body: answer } = await serveGuard(event('POST /v1/check', body), needed);
  return { statusCode, answer: checkResponse.parse(JSON.parse(answer)) };
};
const errorOf = ({ body }: { body: string }) => (JSON.parse(body) as { error: { code: string } }).error.code;

describe('POST /v1/check', () => {
  it('lets a clean message pass, and writes nothing', async () => {
    expect(await check({ message: 'hello' })).toMatchObject({
      statusCode: 200,
      answer: { verdict: 'allow', redacted: 'hello' },
    });
    expect(quarantine.items.size).toBe(0);
    expect(metrics).toEqual({ GuardChecks: 1 });
  });

  it('blocks a leak, records it before it answers, and knows the message again', async () => {
    const message = JSON.stringify({ from: 'agent-1', id: 'm-1', note: leak() });
    const first = await check({ message });
    expect(first.answer).toMatchObject({ verdict: 'block', repeated: false, messageId: 'm-1' });
    const [item] = quarantine.items.values();
    expect(item).toMatchObject({
      stage: 'blocked-before-send',
      agent: 'agent-1',
      messageId: 'm-1',
      fork: 0,
      position: 0,
      findingId: first.answer.findings[0]?.findingId,
      status: 'pending',
    });
    expect((await check({ message })).answer.repeated).toBe(true);
    expect(quarantine.items.size).toBe(1);
    expect(metrics).toEqual({ GuardChecks: 2, GuardStopped: 1 });
  });

  it('does what the policy of the stage says', async () => {
    needed = { ...needed, policy: { ...DEFAULT_POLICY, HIGH: 'redact', CRITICAL: 'redact' } };
    const { answer } = await check({ message: `use ${leak()} for now` });
    expect(answer).toMatchObject({
      verdict: 'redact',
      redacted: expect.stringMatching(/^use \[.*for now$/) as string,
    });
  });

  it('gives its verdict also where it cannot be recorded, and says so to the operator', async () => {
    needed = { ...needed, quarantine: { put: () => Promise.reject(new Error('throttled')) } };
    expect((await check({ message: leak() })).answer.verdict).toBe('block');
    expect(metrics).toMatchObject({ GuardNotRecorded: 1 });
    expect(lines.map((line) => line.event)).toEqual(['blocked_not_recorded']);
  });

  it('answers 503 where it can give no verdict, so that who is closed sends nothing', async () => {
    needed = { ...needed, fingerprinter: { fingerprint: () => Promise.reject(new Error('KMS is away')) } };
    const answer = await serveGuard(event('POST /v1/check', { message: leak() }), needed);
    expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': '2' } });
    expect(errorOf(answer)).toBe('guard_unavailable');
  });

  it('writes no secret and no message into a log line, an item or an answer', async () => {
    const secret = leak();
    const answers = [
      await serveGuard(
        event('POST /v1/check', { message: `x ${secret}`, agent: secret, messageId: secret }),
        needed,
      ),
      await serveGuard(event('POST /v1/check', `{"message": ${secret}`), needed),
      await serveGuard(event('POST /v1/check', { [secret]: secret }), needed),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 400, 400]);
    const everything = JSON.stringify([answers, lines, [...quarantine.items.values()], metrics]);
    expect(everything).not.toContain(secret);
    expect(everything).not.toContain(secret.slice(6, -6));
  });

  it('refuses what is too large or too much', async () => {
    const large = await serveGuard(event('POST /v1/check', { message: 'x'.repeat(2 * 1024 * 1024) }), needed);
    expect(large.statusCode).toBe(413);
    const statuses = [];
    for (let asked = 0; asked < 6; asked += 1)
      statuses.push((await serveGuard(event('POST /v1/check', { message: 'a' }), needed)).statusCode);
    expect(statuses).toEqual([200, 200, 200, 200, 429, 429]);
  });

  it('reads a body that the API handed over as base64', async () => {
    const body = Buffer.from(JSON.stringify({ message: 'hello' })).toString('base64');
    expect(
      (await serveGuard(event('POST /v1/check', body, { isBase64Encoded: true }), needed)).statusCode,
    ).toBe(200);
  });
});

describe('POST /v1/blocked', () => {
  const stoppedBy = (message: string): StoppedMessage => {
    const stopped: StoppedMessage[] = [];
    createGuard({ clock: needed.clock, onStopped: (each) => stopped.push(each) }).check(message, {
      agent: 'a',
      messageId: 'm',
    });
    const [only] = stopped;
    if (only === undefined) throw new Error('Nothing was stopped.');
    return only;
  };
  const reportOf = ({ agent, messageId, detectedAt, findings }: StoppedMessage) => ({
    agent,
    messageId,
    detectedAt,
    findings: findings.map(
      ({
        rule,
        secretType,
        provider,
        severity,
        confidence,
        offset,
        length,
        redactedKey,
        redactedContent,
        fingerprint,
      }) => ({
        ...{ rule, secretType, provider, severity, confidence },
        ...{ offset, length, redactedKey, redactedContent, fingerprint },
      }),
    ),
  });
  const report = async (body: unknown) => serveGuard(event('POST /v1/blocked', body), needed);

  it('records what a guard stopped under the ids that the guard gave it, once', async () => {
    const stopped = stoppedBy(`token ${leak()}`);
    const first = await report(reportOf(stopped));
    expect(blockedReceipt.parse(JSON.parse(first.body))).toEqual({ recorded: 1, repeated: 0 });
    expect([...quarantine.items.keys()]).toEqual(stopped.findings.map(({ findingId }) => findingId));
    expect(blockedReceipt.parse(JSON.parse((await report(reportOf(stopped))).body))).toEqual({
      recorded: 0,
      repeated: 1,
    });
  });

  it('throws a report away that still holds a secret, wherever it stands', async () => {
    const good = reportOf(stoppedBy(`token ${leak()}`));
    const secret = leak();
    const [found] = good.findings;
    for (const bad of [
      { ...good, agent: secret },
      { ...good, messageId: secret },
      { ...good, findings: [{ ...found, redactedContent: `see ${secret}` }] },
      { ...good, findings: [{ ...found, secretType: secret }] },
    ]) {
      const answer = await report(bad);
      expect(answer.statusCode).toBe(422);
      expect(errorOf(answer)).toBe('holds_a_secret');
    }
    expect(quarantine.items.size).toBe(0);
    expect(JSON.stringify(lines)).not.toContain(secret);
  });

  it('takes no mask that shows more than a mask may, and no word about identity', async () => {
    const good = reportOf(stoppedBy(`token ${leak()}`));
    const [found] = good.findings;
    for (const bad of [
      { ...good, findings: [{ ...found, redactedKey: 'abcdefgh****ijkl' }] },
      { ...good, findings: [{ ...found, findingId: `fnd_${'0'.repeat(32)}` }] },
      { ...good, findings: [] },
    ])
      expect((await report(bad)).statusCode).toBe(400);
  });

  it('does not believe a clock of tomorrow or of last week', async () => {
    const good = reportOf(stoppedBy(`token ${leak()}`));
    for (const [messageId, detectedAt] of [
      ['early', new Date(NOW + 3_600_000).toISOString()],
      ['late', new Date(NOW - 7 * 86_400_000).toISOString()],
    ])
      await report({ ...good, messageId, detectedAt });
    expect([...quarantine.items.values()].map((item) => item.detectedAt)).toEqual(
      Array(2).fill(new Date(NOW).toISOString()),
    );
  });
});

describe('GET /v1/pack', () => {
  it('gives the rules once, and 304 to who has them', async () => {
    const first = await serveGuard(event('GET /v1/pack'), needed);
    expect(first).toMatchObject({ statusCode: 200, body: needed.packDocument });
    const again = event('GET /v1/pack', undefined, { headers: { 'if-none-match': first.headers['etag'] } });
    expect(await serveGuard(again, needed)).toMatchObject({ statusCode: 304, body: '' });
  });
});

describe('the authorizer', () => {
  const made = () =>
    makeGuardKey(
      { name: 'ci', requestsPerMinute: 60, createdAt: new Date(NOW).toISOString() },
      randomBytes(38),
    );
  const ask = (authorization: string | undefined, ...items: GuardKeyItem[]) =>
    authorizeGuard(
      {
        headers: { ...(authorization !== undefined && { authorization }) },
        requestContext: { requestId: 'r-1' },
      },
      { keys: fakeGuardKeys(items), logger: { warn: log, error: log } },
    );

  it('lets in who shows a key, and says whose it is', async () => {
    const { key, item } = made();
    expect(await ask(`Bearer ${key}`, item)).toEqual({
      isAuthorized: true,
      context: { keyId: item.id, name: 'ci', requestsPerMinute: '60' },
    });
  });

  it('keeps out everything else, and logs nothing of what was shown', async () => {
    const { key, item } = made();
    const other = made();
    const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    for (const shown of [
      undefined,
      '',
      'Bearer',
      key,
      `Basic ${key}`,
      `Bearer ${wrong}`,
      `Bearer ${other.key}`,
      `Bearer ${key}x`,
    ])
      expect(await ask(shown, item)).toEqual({ isAuthorized: false });
    expect(await ask(`Bearer ${key}`, { ...item, revokedAt: new Date(NOW).toISOString() })).toEqual({
      isAuthorized: false,
    });
    expect(JSON.stringify(lines)).not.toContain(key.slice(-20, -1));
  });

  it('keeps no key: neither the item nor its name gives one back', () => {
    const { key, item } = made();
    expect(JSON.stringify(item)).not.toContain(key.slice(-20));
    expect(item.hash).not.toBe(made().item.hash);
  });

  it('lets nobody in while keys cannot be read', async () => {
    const keys = { find: () => Promise.reject(new Error('throttled')) };
    await expect(
      authorizeGuard(
        { headers: { authorization: `Bearer ${made().key}` } },
        { keys, logger: { warn: log, error: log } },
      ),
    ).rejects.toThrow('throttled');
  });
});
