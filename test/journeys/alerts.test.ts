/** A finding on its way to people, over every channel, on the deployed stack: once, soon, and through bad weather. */
import { PutEventsCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateEmailIdentityCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toQuarantineItem } from '../../functions/contracts/quarantine.ts';
import { percentile } from '../../scripts/demo/percentile.ts';
import { aFinding } from '../support/finding-builder.ts';
import { startStandIns, type Received, type StandIns, type Weather } from '../support/providers/stand-ins.ts';
import { receiveAll } from '../support/receive-all.ts';
import { System, until } from '../support/system.ts';

const SIGNING = ['journey', 'signing', 'secret', 'of', 'nobody'].join('-');
const FROM = 'shhh@example.com';

let system: System;
let providers: StandIns;
let sqs: SQSClient;
let topicQueue: string;
/** By agent, when its finding was written. */
const written = new Map<string, number>();

beforeAll(async () => {
  system = await System.connect();
  providers = await startStandIns(SIGNING);
  const options = system.clientOptions;
  sqs = new SQSClient(options);
  const secrets = new SecretsManagerClient(options);
  const { outputs } = system;
  const set = (SecretId: string, value: unknown) =>
    secrets.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(value) }));
  await set(outputs.SlackSettingsArn, {
    token: ['xoxb', 'journey'].join('-'),
    channel: 'C0JOURNEY',
    baseUrl: `${providers.baseUrl}/api/`,
  });
  await set(outputs.PagerDutySettingsArn, { routingKey: 'journey', baseUrl: providers.baseUrl });
  await set(outputs.WebhookSettingsArn, { url: `${providers.baseUrl}/hook`, secret: SIGNING });
  await set(outputs.EmailSettingsArn, { from: FROM, to: ['on-call@example.com'] });
  await new SESv2Client(options).send(new CreateEmailIdentityCommand({ EmailIdentity: FROM }));
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'Captured-notifications' }));
  topicQueue = QueueUrl;
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  await new SNSClient(options).send(
    new SubscribeCommand({
      TopicArn: outputs.AlertTopicArn,
      Protocol: 'sqs',
      Endpoint: Attributes?.['QueueArn'],
    }),
  );
}, 120_000);
afterAll(async () => {
  await providers.stop();
  await system.close();
});

/** Puts a finding into the quarantine, as the detector does. */
async function leak(agent: string, position: number): Promise<void> {
  const found = aFinding({
    agent,
    position,
    detectedAt: new Date().toISOString(),
    fingerprint: position.toString(16).padStart(64, 'a'),
  });
  written.set(agent, Date.now());
  await system.dynamo.send(
    new PutCommand({ TableName: system.outputs.QuarantineTableName, Item: toQuarantineItem(found, 31) }),
  );
}

const agentIn = (text: string): string | undefined => /journey-agent-\d+/.exec(text)?.[0];
const agentsOf = (received: readonly Received[]) =>
  received.map(({ body }) => agentIn(JSON.stringify(body)) ?? '?').sort();
const posts = () =>
  providers.accepted.slack.filter(
    ({ path, body }) => path === 'chat.postMessage' && body['thread_ts'] === undefined,
  );
const triggers = () => providers.accepted.pagerduty.filter(({ body }) => body['event_action'] === 'trigger');
/** Of the emulator's answer, each captured message: the innermost lists of objects, whatever accounts stand around them. */
function textsUnder(value: unknown): string[] {
  if (Array.isArray(value)) return value.map((message) => JSON.stringify(message));
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsUnder) : [];
}
async function mails(): Promise<string[]> {
  const answer = await fetch(`${system.clientOptions.endpoint}/_ministack/ses/messages`);
  return textsUnder(await answer.json()).filter((text) => text.includes('journey-agent-'));
}
async function expectEachOnce(agents: readonly string[], withinMs: number): Promise<void> {
  const wanted = [...agents].sort();
  await until(withinMs, async () =>
    [posts().length, triggers().length, providers.accepted.webhook.length, (await mails()).length].every(
      (count) => count >= wanted.length,
    ),
  );
  await sleep(1_500);
  expect(agentsOf(posts())).toEqual(wanted);
  expect(agentsOf(triggers())).toEqual(wanted);
  expect(agentsOf(providers.accepted.webhook)).toEqual(wanted);
  expect((await mails()).map((mail) => agentIn(mail)).sort()).toEqual(wanted);
}

const names = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `journey-agent-${from + i}`);

describe('a critical finding', () => {
  it('reaches Slack, PagerDuty, a webhook, SNS and e-mail, each once, within two seconds', async () => {
    // The first invocation of a function starts it: that is no measure of the way.
    await leak('journey-agent-100', 100);
    await until(
      30_000,
      () => providers.accepted.webhook.length > 0 && posts().length > 0 && triggers().length > 0,
    );
    const agents = names(101, 20);
    for (const [index, agent] of agents.entries()) {
      await leak(agent, 101 + index);
      await sleep(500);
    }
    await expectEachOnce(['journey-agent-100', ...agents], 60_000);
    const late = [...posts(), ...triggers(), ...providers.accepted.webhook].flatMap(({ at, body }) => {
      const agent = agentIn(JSON.stringify(body)) ?? '';
      return agent === 'journey-agent-100' ? [] : [at - (written.get(agent) ?? 0)];
    });
    console.error(
      `critical finding → channel: p50 ${percentile(late, 50)} ms, p99 ${percentile(late, 99)} ms`,
    );
    expect(percentile(late, 99)).toBeLessThan(2_000);
    const told = await receiveAll(sqs, topicQueue, agents.length + 1);
    expect(told.map(({ Body = '' }) => agentIn(Body)).sort()).toEqual(
      ['journey-agent-100', ...agents].sort(),
    );
  });

  it('gets through while channels are down, limit their rate, break and talk garbage: nothing lost, nothing doubled', async () => {
    const stormy: readonly Weather[] = ['down', 'rate limited', 'broken', 'garbage'];
    const agents = names(200, 8);
    for (const [index, agent] of agents.entries()) {
      providers.weather = stormy[index % stormy.length] ?? 'down';
      await leak(agent, 200 + index);
      await sleep(2_000);
    }
    expect(providers.refused).toBeGreaterThan(8);
    providers.weather = 'fair';
    await expectEachOnce(['journey-agent-100', ...names(101, 20), ...agents], 150_000);
    expect(providers.forged).toBe(0);
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
              eventId: 'r1',
              at: new Date().toISOString(),
              fingerprint: (101).toString(16).padStart(64, 'a'),
            }),
          },
        ],
      }),
    );
    const resolved = () =>
      providers.accepted.pagerduty.filter(({ body }) => body['event_action'] === 'resolve');
    await until(
      30_000,
      () =>
        resolved().length > 0 && providers.accepted.slack.some(({ body }) => body['thread_ts'] !== undefined),
    );
    const opened = triggers().find(({ body }) => JSON.stringify(body).includes(agent));
    expect(resolved().map(({ body }) => body['dedup_key'])).toEqual([opened?.body['dedup_key']]);
    const [first] = posts().filter(
      ({ body }) => JSON.stringify(body).includes(`"${agent}`) || agentIn(JSON.stringify(body)) === agent,
    );
    expect(
      providers.accepted.slack.filter(({ path }) => path === 'chat.update').map(({ body }) => body['ts']),
    ).toEqual([first?.body['ts']]);
    expect(providers.accepted.slack.filter(({ body }) => body['thread_ts'] !== undefined)).toHaveLength(1);
  });
});
