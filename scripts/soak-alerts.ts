/**
 * `npm run soak:alerts [-- --findings N] [--agents N] [--writers N]`: a flood of critical findings on the deployed stack,
 * each written into the quarantine as the detector does, as fast as the emulator takes them. Every channel must tell of
 * every finding exactly once, in few messages. The last line is JSON; `p99Ms` runs from a finding's write to its being
 * counted in its group.
 */
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { toQuarantineItem, type QuarantineItem } from '../functions/contracts/quarantine.ts';
import { findingIdOf } from '../functions/kernel/ids.ts';
import { captureChannels, type CapturedChannels } from '../test/support/providers/channels.ts';
import { percentile } from './demo/percentile.ts';
import { draw, say } from './demo/terminal.ts';
import type { StackOutputs } from './deploy-local.ts';
import { onOwnStack, wholeNumber, type SoakStack } from './soak/frame.ts';
import { tally, type ChannelTally } from './soak/tally.ts';

/** How long what is still missing may take after the last write. */
const SETTLE_MS = 900_000;
/** Nothing new on any channel for so long means that all was told. */
const QUIET_MS = 5_000;
const BARE_WRITES = 2_000;

/** What the evaluator writes of an event that raised alerts. */
const raisedLine = z.object({
  event: z.literal('alert_raised'),
  rules: z.string(),
  age_ms: z.number(),
  correlation_id: z.string(),
});

const { values: flags } = parseArgs({
  options: {
    findings: { type: 'string', default: '10000' },
    agents: { type: 'string', default: '3' },
    writers: { type: 'string', default: '16' },
  },
});

const findings = wholeNumber('findings', flags.findings);
const agents = wholeNumber('agents', flags.agents);
const writers = wholeNumber('writers', flags.writers);
await onOwnStack(soak);

/** @returns whether nothing was lost and nothing told twice */
async function soak({ outputs, options, atEnd }: SoakStack): Promise<boolean> {
  const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(options));
  const channels = await captureChannels(options, outputs);
  atEnd(() => channels.stop());

  const bare = await bareLimit(dynamo, writers);
  say(`the emulator alone takes ${bare.toFixed(0)} items a second into a table that nobody reads`);

  const put = (item: QuarantineItem) =>
    dynamo.send(new PutCommand({ TableName: outputs.QuarantineTableName, Item: item }));
  // The first invocation of a function starts it: that is no part of the flood.
  await put(leakOf('warm-up', 0));
  await until(120_000, async () =>
    (await tallies(channels, 'warm-up')).every(({ findings: told }) => told === 1),
  );

  const prefix = 'flooding-agent';
  const startedAt = Date.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (next < findings) {
        const position = next;
        next += 1;
        await put(leakOf(`${prefix}-${position % agents}`, position + 1));
        if (position % 100 === 0)
          draw(`written ${position.toLocaleString('en')} of ${findings.toLocaleString('en')}`);
      }
    }),
  );
  const wroteMs = Date.now() - startedAt;
  say(
    `${findings} findings of ${agents} agents written in ${seconds(wroteMs)}: ${rate(findings, wroteMs)} a second`,
  );

  let toldAt = Date.now();
  let last = '';
  await until(SETTLE_MS, async () => {
    const now = await tallies(channels, prefix);
    const seen = JSON.stringify(now);
    if (seen !== last) toldAt = Date.now();
    last = seen;
    draw(
      now.map(({ channel, findings: told, messages }) => `${channel} ${told} in ${messages}`).join('  │  '),
    );
    return now.every(({ findings: told }) => told >= findings) && Date.now() - toldAt >= QUIET_MS;
  });

  const result = await tallies(channels, prefix);
  say(
    `told of everything ${seconds(toldAt - startedAt)} after the first write: ${rate(findings, toldAt - startedAt)} findings a second through the whole way`,
  );
  for (const { channel, findings: told, messages, repeated } of result)
    say(`${channel.padEnd(10)} ${told} findings in ${messages} messages, ${repeated} repeated`);
  const ages = await agesOf(options, outputs, prefix);
  const sum = {
    findings,
    lost: Math.max(...result.map(({ findings: told }) => Math.max(0, findings - told))),
    duplicates: result.reduce((all, one) => all + one.repeated + Math.max(0, one.findings - findings), 0),
    maxMessagesPerChannel: Math.max(...result.map(({ messages }) => messages)),
    p99Ms: percentile(ages, 99),
  };
  say(`written to counted: p50 ${percentile(ages, 50)} ms, p99 ${sum.p99Ms} ms over ${ages.length} findings`);
  console.log(JSON.stringify(sum));
  return sum.lost === 0 && sum.duplicates === 0;
}

/** A critical finding, each of another secret. */
function leakOf(agent: string, position: number): QuarantineItem {
  const core = createHash('sha256').update(agent).digest('hex');
  const fingerprint = createHash('sha256').update(`soak ${position}`).digest('hex');
  return toQuarantineItem(
    {
      findingId: findingIdOf({ core, seq: position }, 'GITHUB_PAT', 12, fingerprint),
      detectedAt: new Date().toISOString(),
      ...{ core, fork: 0, position, offset: 12, length: 40, agent, fingerprint },
      correlationId: `${core.slice(0, 16)}.0.${position}`,
      ...{
        rule: 'GITHUB_PAT',
        secretType: 'github-pat',
        provider: 'github',
        severity: 'CRITICAL',
        confidence: 0.97,
      },
      redactedKey: 'ghp_****9Zq4',
      redactedContent: '{"token":"ghp_****9Zq4"}',
    },
    1,
  );
}

/** Items a second that the emulator takes from as many writers when nothing follows from them. */
async function bareLimit(dynamo: DynamoDBDocumentClient, writers: number): Promise<number> {
  const TableName = 'bare';
  await dynamo.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    }),
  );
  const startedAt = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (next < BARE_WRITES)
        await dynamo.send(new PutCommand({ TableName, Item: leakOf('bare', (next += 1)) }));
    }),
  );
  return BARE_WRITES / ((performance.now() - startedAt) / 1000);
}

async function tallies(channels: CapturedChannels, agents: string): Promise<readonly ChannelTally[]> {
  const { slack, pagerduty, webhook } = channels.standIns.accepted;
  const of = (texts: readonly string[]) => texts.filter((text) => text.includes(agents));
  const json = (bodies: readonly { readonly body: unknown }[]) =>
    of(bodies.map(({ body }) => JSON.stringify(body)));
  return [
    // A reply in the thread goes with the change of its message.
    tally('slack', json(slack.filter(({ body }) => body['thread_ts'] === undefined))),
    tally('pagerduty', json(pagerduty)),
    tally('webhook', json(webhook)),
    tally('sns', of(channels.topic.received.map((message) => JSON.stringify(message)))),
    tally('email', of(await channels.mails())),
  ];
}

/** From the evaluator's log, how old each finding of the flood was when it was counted; of a repetition the first time. */
async function agesOf(
  options: { readonly endpoint: string; readonly region: string },
  { EvaluateFunctionName }: StackOutputs,
  agents: string,
): Promise<number[]> {
  const { LoggingConfig } = await new LambdaClient(options).send(
    new GetFunctionConfigurationCommand({ FunctionName: EvaluateFunctionName }),
  );
  const ages = new Map<string, number>();
  const pages = paginateFilterLogEvents(
    { client: new CloudWatchLogsClient(options) },
    { logGroupName: LoggingConfig?.LogGroup, filterPattern: '"alert_raised"' },
  );
  const warmUp = createHash('sha256').update('warm-up').digest('hex').slice(0, 16);
  for await (const { events = [] } of pages) {
    for (const { message = '' } of events) {
      const line = raisedLine.safeParse(jsonIn(message)).data;
      if (!line || line.correlation_id.startsWith(warmUp) || !line.rules.includes('critical-finding'))
        continue;
      ages.set(line.correlation_id, Math.min(line.age_ms, ages.get(line.correlation_id) ?? Infinity));
    }
  }
  if (ages.size === 0) throw new Error(`The evaluator's log says nothing of ${agents}.`);
  return [...ages.values()];
}

function jsonIn(line: string): unknown {
  try {
    return JSON.parse(line.slice(Math.max(0, line.indexOf('{'))));
  } catch {
    return undefined;
  }
}

async function until(withinMs: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline && !(await holds())) await sleep(1_000);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function rate(count: number, ms: number): string {
  return (count / (ms / 1000)).toFixed(0);
}
