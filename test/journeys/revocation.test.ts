/** A key that works leaks into a log: it is revoked, proven dead, and its case ends. One that is protected is not touched. */
import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ingestKey } from '../../functions/contracts/ingest-state.ts';
import { revocationView, type RevocationView } from '../../functions/contracts/revocation.ts';
import { entryWith, startSts, type LeakableKey, type StsStandIn } from '../support/providers/sts-stand-in.ts';
import { startWriter, type Writer } from '../support/fleet/writer.ts';
import { SecretSearch } from '../support/secret-search.ts';
import { everythingAtRest } from '../support/stores.ts';
import { System, until } from '../support/system.ts';

let system: System;
let sts: StsStandIn;
let writer: Writer;
const leaked: LeakableKey[] = [];

beforeAll(async () => {
  const { endpoint, stsPort } = inject('deployed');
  system = await System.connect();
  sts = await startSts(endpoint, stsPort);
  writer = await startWriter({ directory: await system.temporaryDirectory(), seed: 606 });
  const Item = {
    ...ingestKey.peer(writer.core),
    pk: 'PEER',
    ...{ core: writer.core, host: writer.host, port: writer.port, name: 'journey of a key' },
  };
  await system.dynamo.send(new PutCommand({ TableName: system.outputs.IngestTableName, Item }));
  await system.startShipper();
});
afterAll(async () => {
  // Other journeys count what lies in the quarantine, and follow their own logs.
  for (const { findingId } of await mine())
    await system.dynamo.send(
      new DeleteCommand({ TableName: system.outputs.QuarantineTableName, Key: { pk: findingId } }),
    );
  await system.dynamo.send(
    new DeleteCommand({
      TableName: system.outputs.IngestTableName,
      Key: { ...ingestKey.peer(writer.core), pk: 'PEER' },
    }),
  );
  await writer.stop();
  await sts.close();
  await system.close();
});

const mine = async () => (await system.findings()).filter(({ core }) => core === writer.core);

async function leak(key: LeakableKey): Promise<void> {
  leaked.push(key);
  await writer.appendRaw([entryWith(key, `agent of ${key.userName}`)]);
}

async function revocationOf({ userName }: LeakableKey): Promise<RevocationView | undefined> {
  const found = (await mine()).find(
    ({ agent, secretType }) => agent === `agent of ${userName}` && secretType === 'aws-access-key-id',
  );
  if (found === undefined) return undefined;
  const pk = `case_${found.fingerprint.slice(0, 32)}`;
  const { Item } = await system.dynamo.send(
    new GetCommand({ TableName: system.outputs.RevocationTableName, Key: { pk }, ConsistentRead: true }),
  );
  return Item === undefined ? undefined : revocationView.parse(Item);
}

describe('a key that works leaks into a log', () => {
  it('is left alone where it is protected, by hand too, and somebody is told at once', async () => {
    const key = await sts.createKey('break-glass-journey');
    await leak(key);
    await until(60_000, async () => (await revocationOf(key))?.reason === 'protected');
    const revocation = await revocationOf(key);
    expect(revocation).toMatchObject({ status: 'manual', reason: 'protected' });
    await until(30_000, () =>
      system.alerts.received.some(({ alert }) =>
        alert.rules.some(({ name }) => name === 'revocation-urgent'),
      ),
    );
    const urgent = system.alerts.received.find(({ alert }) =>
      alert.rules.some(({ name }) => name === 'revocation-urgent'),
    );
    expect(urgent).toMatchObject({ severity: 'CRITICAL' });
    expect(urgent?.alert.next).toContain('npm run revoke -- show');

    const { caseId } = revocation ?? {};
    await system.invoke(system.outputs.RevocationDeskName, {
      do: 'revoke',
      caseId,
      by: 'journey',
      why: 'somebody insists',
    });
    await until(60_000, async () => {
      const now = await revocationOf(key);
      return now?.run === 2 && now.status === 'manual';
    });
    expect(await revocationOf(key)).toMatchObject({ run: 2, status: 'manual' });
    expect(await sts.statusOf(key)).toBe('Active');
  });

  it('is Inactive and proven dead within 30 s of its append, and its case ends', async () => {
    const key = await sts.createKey('journey-bot');
    const appendedAt = Date.now();
    await leak(key);
    await until(60_000, async () => (await revocationOf(key))?.status === 'proven_dead');
    const revocation = await revocationOf(key);
    expect(revocation).toMatchObject({
      status: 'proven_dead',
      lastSeen: 'dead',
      rule: 'everything-else',
      decidedBy: 'policy',
      identity: { id: key.keyId, principal: 'user/journey-bot' },
    });
    expect(await sts.statusOf(key)).toBe('Inactive');
    expect(Date.parse(revocation?.provenDeadAt ?? '') - appendedAt).toBeLessThan(30_000);
    // Before it was revoked it worked, and after it did not: both were tried with the key itself.
    const answers = sts.asked.filter(({ keyId }) => keyId === key.keyId).map(({ answer }) => answer);
    expect(answers).toContain('200');
    expect(answers.at(-1)).toBe('InvalidClientTokenId');

    const reviewed = () =>
      system.invoke(system.outputs.ReviewFunctionName, { do: 'show', caseId: revocation?.caseId });
    await until(30_000, async () => JSON.stringify(await reviewed()).includes('"status":"revoked"'));
    expect(await reviewed()).toMatchObject({ case: { status: 'revoked', reviewer: 'revocation' } });
  });

  it('leaves none of them at rest: in no table, log, queue, alert or history of the workflow', async () => {
    expect(leaked).toHaveLength(2);
    const search = new SecretSearch(
      leaked.map(({ secretKey }) => ({ type: 'aws-secret-access-key', secret: secretKey })),
    );
    const searched = new Set<string>();
    for await (const { where, text } of everythingAtRest(system.clientOptions)) {
      searched.add(where);
      expect(search.in(where, text)).toEqual([]);
    }
    expect(
      [...searched].filter((where) => /^execution of shhh-local-revocation|^table .*Evidence/.test(where)),
    ).toHaveLength(2);
  });
});
