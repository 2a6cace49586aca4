/**
 * `npm run flood:revocation [-- --findings N] [--at-once N]`: planted findings, each of a live credential of its own,
 * against the real handlers' steps, record and limit on an emulator's DynamoDB; the provider alone is in memory and counts
 * what is done to it. The limit must trip, not the keys. The last line is JSON.
 */
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { systemClock } from '../functions/kernel/clock.ts';
import {
  createDynamoRevocationLimit,
  createDynamoRevocationStore,
} from '../functions/revocation/adapters/dynamo-revocation-store.ts';
import { NO_REPLACEMENTS } from '../functions/revocation/adapters/lambda-replacements.ts';
import { beginRevocation, runName } from '../functions/revocation/domain/begin-revocation.ts';
import type { RunOrder, Workflow } from '../functions/revocation/domain/ports.ts';
import { responsePolicy } from '../functions/revocation/domain/policy.ts';
import { takeStep } from '../functions/revocation/domain/take-step.ts';
import policyFile from '../functions/revocation/policy.json' with { type: 'json' };
import { FakeRevocationProvider } from '../test/support/fake-revocation-provider.ts';
import { FakeEvidenceVault } from '../test/support/fake-revocation-store.ts';
import { aLeak } from '../test/support/revocation-builder.ts';
import { draw, say } from './demo/terminal.ts';
import { localClientOptions, startEmulator } from './emulator.ts';
import { wholeNumber } from './soak/frame.ts';

const TABLE = 'flooded-revocations';
const STEPS = ['identify', 'prove_live', 'decide', 'contain', 'kill', 'prove_dead'] as const;
const stored = z.object({ pk: z.string(), status: z.string().optional(), reason: z.string().optional() });

const { values: flags } = parseArgs({
  options: {
    findings: { type: 'string', default: '10000' },
    'at-once': { type: 'string', default: '16' },
  },
});

const emulator = await startEmulator({ log: say });
try {
  process.exitCode = await flood(
    wholeNumber('findings', flags.findings),
    wholeNumber('at-once', flags['at-once']),
  );
} finally {
  await emulator.stop();
}

/** @returns the exit code */
async function flood(findings: number, atOnce: number): Promise<number> {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(localClientOptions(emulator.endpoint)), {
    marshallOptions: { removeUndefinedValues: true },
  });
  await client.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    }),
  );
  const policy = responsePolicy.parse(policyFile);
  const provider = new FakeRevocationProvider({ nowMs: () => Date.now() });
  const evidence = new FakeEvidenceVault();
  const ordered: RunOrder[] = [];
  const workflow: Workflow = {
    start: (_, order) => Promise.resolve(void ordered.push(order)),
    resume: () => Promise.resolve(),
  };
  const where = { client, table: TABLE };
  const store = createDynamoRevocationStore(where);
  const shared = { store, evidence, workflow, clock: systemClock };
  const needed = {
    ...shared,
    replacements: NO_REPLACEMENTS,
    limit: createDynamoRevocationLimit(where),
    providers: [provider],
    policy,
    environment: 'prod',
  } as const;

  const startedAt = performance.now();
  let next = 1;
  const workers = Array.from({ length: atOnce }, async () => {
    while (next <= findings) {
      const number = next;
      next += 1;
      const found = aLeak(number);
      provider.add(`secret-${number}`, {
        id: `id-${number}`,
        kind: 'ordinary',
        principal: 'agent',
        propagationMs: 0,
      });
      evidence.sealed.set(found.fingerprint, `secret-${number}`);
      await beginRevocation(found, { ...shared, providers: [provider.known], keptDays: 400 });
      const order = { caseId: found.case?.caseId ?? '', run: 1, do: 'revoke' } as const;
      for (const step of STEPS) {
        const { next: then } = await takeStep(step, order, needed);
        if (then === 'end' || then === 'ask') break;
      }
      if (number % 100 === 0)
        draw(`${number} of ${findings} findings, ${provider.revocations.length} revocations`);
    }
  });
  await Promise.all(workers);
  const seconds = (performance.now() - startedAt) / 1000;

  const ends = new Map<string, number>();
  for await (const page of paginateScan({ client }, { TableName: TABLE, ConsistentRead: true }))
    for (const item of page.Items ?? []) {
      const { status, reason } = stored.parse(item);
      if (status === undefined) continue;
      const end = reason === undefined ? status : `${status}, ${reason}`;
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
  for (const [end, count] of ends) say(`${String(count).padStart(7)}  ${end}`);
  const revoked = new Set(provider.revocations.map(({ id }) => id)).size;
  const limit = policy.limit.revocationsPerHour;
  const waiting = ends.get('awaiting_approval, over_the_limit') ?? 0;
  const runs = new Set(ordered.map((order) => runName(order))).size;
  console.log(
    JSON.stringify({
      findings,
      runs,
      limit,
      revoked,
      proven: ends.get('proven_dead') ?? 0,
      waiting,
      seconds: Math.round(seconds),
    }),
  );
  return revoked === limit && waiting === findings - limit ? 0 : 1;
}
