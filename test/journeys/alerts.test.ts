/** A finding on its way to people, over every channel, on the deployed stack: once, soon, and through bad weather. */
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toQuarantineItem } from '../../functions/contracts/quarantine.ts';
import type { SecretRevoked } from '../../functions/contracts/revocation.ts';
import { percentile } from '../../scripts/demo/percentile.ts';
import { aFinding } from '../support/finding-builder.ts';
import { captureChannels, type CapturedChannels } from '../support/providers/channels.ts';
import type { Weather } from '../support/providers/stand-ins.ts';
import { System, until } from '../support/system.ts';

let system: System;
let channels: CapturedChannels;
/** By agent, when its finding was written. */
const written = new Map<string, number>();

beforeAll(async () => {
  system = await System.connect();
  channels = await captureChannels(system.clientOptions, system.outputs);
}, 120_000);
afterAll(async () => {
  await channels.stop();
  await system.close();
});

/** Different from its beginning on, which is what a case is known by. */
const fingerprintOf = (position: number): string => position.toString(16).padStart(4, 'a').repeat(16);

/** Puts a critical finding into the quarantine, as the detector does. */
async function leak(agent: string, position: number): Promise<void> {
  const found = aFinding({
    agent,
    position,
    detectedAt: new Date().toISOString(),
    fingerprint: fingerprintOf(position),
  });
  written.set(agent, Date.now());
  await system.dynamo.send(
    new PutCommand({ TableName: system.outputs.QuarantineTableName, Item: toQuarantineItem(found, 31) }),
  );
}

interface Told {
  readonly agent: string;
  readonly at: number;
}
const agentIn = (value: unknown): string =>
  /journey-agent-\d+/.exec(typeof value === 'string' ? value : JSON.stringify(value))?.[0] ?? '';
const tellers = {
  slack: () =>
    channels.standIns.accepted.slack.filter(
      ({ path, body }) => path === 'chat.postMessage' && body['thread_ts'] === undefined,
    ),
  pagerduty: () =>
    channels.standIns.accepted.pagerduty.filter(({ body }) => body['event_action'] === 'trigger'),
  webhook: () => channels.standIns.accepted.webhook,
  sns: () =>
    channels.topic.received.map((body, index) => ({
      body,
      at: channels.topic.receivedAt[index] ?? Infinity,
    })),
} as const;
/** First messages about the journey's agents over one channel. */
const told = (channel: keyof typeof tellers): Told[] =>
  tellers[channel]()
    .map(({ body, at }) => ({ agent: agentIn(body), at }))
    .filter(({ agent }) => agent !== '');
const mailed = async (): Promise<string[]> =>
  (await channels.mails()).map((mail) => agentIn(mail)).filter((agent) => agent !== '');
const CHANNELS = ['slack', 'pagerduty', 'webhook', 'sns'] as const;

async function expectEachOnce(agents: readonly string[], withinMs: number): Promise<void> {
  const wanted = [...agents].sort();
  await until(
    withinMs,
    async () =>
      CHANNELS.every((channel) => told(channel).length >= wanted.length) &&
      (await mailed()).length >= wanted.length,
  );
  // What comes twice comes soon.
  await sleep(1_500);
  for (const channel of CHANNELS)
    expect(
      told(channel)
        .map(({ agent }) => agent)
        .sort(),
      channel,
    ).toEqual(wanted);
  expect((await mailed()).sort(), 'email').toEqual(wanted);
}

/** From the write of a finding to its being told, milliseconds. */
const latencies = (channel: keyof typeof tellers, agents: readonly string[]): number[] =>
  told(channel)
    .filter(({ agent }) => agents.includes(agent))
    .map(({ agent, at }) => at - (written.get(agent) ?? 0));

const names = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `journey-agent-${from + i}`);
const warmUp = names(100, 1);
const first = names(101, 20);
const stormy = names(200, 12);

describe('a critical finding', () => {
  it('reaches Slack, PagerDuty, a webhook, SNS and e-mail, each once, within two seconds', async () => {
    // The first invocation of a function starts it: that is no measure of the way.
    for (const agent of warmUp) await leak(agent, 100);
    await until(60_000, () => CHANNELS.every((channel) => told(channel).length > 0));
    for (const [index, agent] of first.entries()) {
      await leak(agent, 101 + index);
      await sleep(500);
    }
    await expectEachOnce([...warmUp, ...first], 60_000);
    for (const channel of CHANNELS) {
      const late = latencies(channel, first);
      console.error(
        `critical finding → ${channel}: p50 ${percentile(late, 50)} ms, p99 ${percentile(late, 99)} ms`,
      );
      expect(percentile(late, 99), channel).toBeLessThan(2_000);
    }
  });

  it('is lost and doubled on no channel while one is down for a minute and another limits, breaks and talks garbage; the others do not notice', async () => {
    const { weather, refused, accepted } = channels.standIns;
    const days: readonly Weather[] = ['rate limited', 'broken', 'garbage', 'fair'];
    weather.slack = 'down';
    const downAt = Date.now();
    for (const [index, agent] of stormy.entries()) {
      weather.pagerduty = days[index % days.length] ?? 'fair';
      await leak(agent, 200 + index);
      await sleep(5_000);
    }
    await sleep(Math.max(0, 60_000 - (Date.now() - downAt)));
    const before = accepted.slack.length;
    expect(told('slack').filter(({ agent }) => stormy.includes(agent))).toEqual([]);
    expect(refused.slack).toBeGreaterThan(5);
    expect(refused.pagerduty).toBeGreaterThan(5);
    Object.assign(weather, { slack: 'fair', pagerduty: 'fair' });
    await expectEachOnce([...warmUp, ...first, ...stormy], 180_000);
    expect(accepted.slack.length).toBeGreaterThan(before);
    for (const channel of ['webhook', 'sns'] as const) {
      const late = latencies(channel, stormy);
      console.error(`while others are down → ${channel}: p99 ${percentile(late, 99)} ms`);
      expect(percentile(late, 99), channel).toBeLessThan(2_000);
    }
    expect(channels.standIns.forged).toBe(0);
  });

  it('is resolved everywhere when its case is over, and its Slack message changes in place', async () => {
    const agent = 'journey-agent-101';
    await new EventBridgeClient(system.clientOptions).send(
      new PutEventsCommand({
        Entries: [
          {
            EventBusName: system.outputs.BusName,
            Source: 'shhh.revocation',
            DetailType: 'SecretRevoked',
            Detail: JSON.stringify({
              version: 1,
              eventId: 'r1',
              at: new Date().toISOString(),
              caseId: `case_${fingerprintOf(101).slice(0, 32)}`,
              fingerprint: fingerprintOf(101),
              secretType: 'github-pat',
              provider: 'github',
              outcome: 'proven_dead',
            } satisfies SecretRevoked),
          },
        ],
      }),
    );
    const { slack, pagerduty } = channels.standIns.accepted;
    const key = tellers.pagerduty().find(({ body }) => agentIn(body) === agent)?.body['dedup_key'];
    const ts = tellers.slack().find(({ body }) => agentIn(body) === agent)?.body['ts'];
    expect([typeof key, typeof ts]).toEqual(['string', 'string']);
    const resolved = () =>
      pagerduty.filter(({ body }) => body['event_action'] === 'resolve' && body['dedup_key'] === key);
    // On a slow machine the rule about a missing revocation may have told of it before.
    const replies = () =>
      slack.filter(({ body }) => body['thread_ts'] === ts && String(body['text']).startsWith('✅'));
    await until(60_000, () => resolved().length > 0 && replies().length > 0);
    expect(resolved()).toHaveLength(1);
    expect(replies()).toHaveLength(1);
    const changes = slack.filter(({ path, body }) => path === 'chat.update' && body['ts'] === ts);
    expect(changes.filter(({ body }) => String(body['text']).startsWith('RESOLVED'))).toHaveLength(1);
  });
});

describe('a finding of a case that a person has judged harmless', () => {
  it('is counted and told to nobody', async () => {
    const agent = 'journey-agent-300';
    const { QuarantineTableName, ReviewFunctionName } = system.outputs;
    await leak('journey-agent-299', 299);
    await until(30_000, () => told('webhook').some(({ agent: of }) => of === 'journey-agent-299'));
    const answer = await system.invoke(ReviewFunctionName, {
      do: 'false_positive',
      caseId: `case_${fingerprintOf(299).slice(0, 32)}`,
      reviewer: 'journey',
      reason: 'an example of the documentation',
      seen: 0,
    });
    expect(answer).toMatchObject({ answer: 'case', case: { status: 'false_positive' } });
    // The same secret, of another agent.
    const again = aFinding({
      agent,
      position: 300,
      detectedAt: new Date().toISOString(),
      fingerprint: fingerprintOf(299),
    });
    await system.dynamo.send(
      new PutCommand({ TableName: QuarantineTableName, Item: toQuarantineItem(again, 31) }),
    );
    await sleep(10_000);
    for (const channel of CHANNELS)
      expect(
        told(channel).some(({ agent: of }) => of === agent),
        channel,
      ).toBe(false);
  });
});
