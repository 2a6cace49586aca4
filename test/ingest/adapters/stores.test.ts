import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { INGEST_EVENT_SOURCE, LOG_SUSPECT, logSuspect } from '../../../functions/contracts/ingest-events.ts';
import {
  checkpointItem,
  ingestKey,
  leaseItem,
  peerItem,
  statusItem,
  suspicionItem,
} from '../../../functions/contracts/ingest-state.ts';
import { createDynamoCheckpointStore } from '../../../functions/ingest/adapters/dynamo-checkpoint-store.ts';
import { createDynamoLease } from '../../../functions/ingest/adapters/dynamo-lease.ts';
import { createDynamoPeerDirectory } from '../../../functions/ingest/adapters/dynamo-peer-directory.ts';
import { createDynamoStatusBoard } from '../../../functions/ingest/adapters/dynamo-status-board.ts';
import { createDynamoSuspicions } from '../../../functions/ingest/adapters/dynamo-suspicions.ts';
import { createEventBridgeSuspicions } from '../../../functions/ingest/adapters/eventbridge-suspicions.ts';
import { createSqsEntryQueue } from '../../../functions/ingest/adapters/sqs-entry-queue.ts';
import { createSuspicions } from '../../../functions/ingest/adapters/suspicions.ts';
import { checkpointStoreContract } from '../../support/ingest/checkpoint-store-contract.ts';
import { IngestCloud } from '../../support/ingest/cloud.ts';
import { entryQueueContract } from '../../support/ingest/entry-queue-contract.ts';
import { leaseContract } from '../../support/ingest/lease-contract.ts';

const cloud = new IngestCloud(inject('endpoint'));
const CORE = 'ab'.repeat(32);

afterAll(() => cloud.destroy());

leaseContract(async () => createDynamoLease(cloud.dynamo, await cloud.createTable()));
checkpointStoreContract(async () => createDynamoCheckpointStore(cloud.dynamo, await cloud.createTable()));
entryQueueContract(async () => {
  const queueUrl = await cloud.createQueue();
  return {
    queue: createSqsEntryQueue(cloud.sqs, queueUrl),
    received: async (count) => {
      const bodies: string[] = [];
      while (bodies.length < count) bodies.push(...(await cloud.takeSome(queueUrl)));
      return bodies;
    },
  };
});

const itemAt = async (TableName: string, Key: Record<string, string>): Promise<unknown> =>
  (await cloud.dynamo.send(new GetCommand({ TableName, Key }))).Item;

describe('what ingest keeps in its table', () => {
  test('has the shapes that others read', async () => {
    const table = await cloud.createTable();
    await createDynamoLease(cloud.dynamo, table).acquire('me', 1_790_000_000_000, 10_000);
    const checkpoints = createDynamoCheckpointStore(cloud.dynamo, table);
    await checkpoints.claim(CORE, 1);
    expect(checkpointItem.parse(await itemAt(table, ingestKey.checkpoint(CORE)))).toMatchObject({ token: 1 });
    await checkpoints.advance(CORE, 1, { fork: 0, length: 5, treeHash: 'cd'.repeat(32), ancestors: [] });
    expect(leaseItem.parse(await itemAt(table, ingestKey.lease()))).toMatchObject({ holder: 'me', token: 1 });
    expect(checkpointItem.parse(await itemAt(table, ingestKey.checkpoint(CORE)))).toMatchObject({
      length: 5,
    });
  });

  test('a status is written over, and its error goes when the log is well again', async () => {
    const table = await cloud.createTable();
    const board = createDynamoStatusBoard(cloud.dynamo, table);
    const status = {
      core: CORE,
      connected: true,
      remoteLength: 9,
      fork: 0,
      shippedLength: 9,
      lastProgressAt: 5,
      updatedAt: 6,
    };
    await board.post({ ...status, connected: false, lastError: 'unreachable: no' });
    expect(statusItem.parse(await itemAt(table, ingestKey.status(CORE)))).toMatchObject({
      connected: false,
      lastError: 'unreachable: no',
    });
    await board.post({ ...status, lastError: undefined });
    expect(statusItem.parse(await itemAt(table, ingestKey.status(CORE)))).toEqual({
      ...ingestKey.status(CORE),
      ...status,
    });
  });

  test('a checkpoint that cannot be read is not taken for none', async () => {
    const table = await cloud.createTable();
    const item = { ...ingestKey.checkpoint(CORE), core: CORE, token: 1, length: 'five' };
    await cloud.dynamo.send(new PutCommand({ TableName: table, Item: item }));
    await expect(createDynamoCheckpointStore(cloud.dynamo, table).claim(CORE, 2)).rejects.toThrow(
      /not readable: length/,
    );
  });

  test('a table that is not there is an error, not an empty directory, a free lease or no checkpoint', async () => {
    await expect(createDynamoPeerDirectory(cloud.dynamo, 'nowhere').list()).rejects.toThrow();
    await expect(createDynamoLease(cloud.dynamo, 'nowhere').acquire('me', 1, 1)).rejects.toThrow();
    await expect(createDynamoCheckpointStore(cloud.dynamo, 'nowhere').claim(CORE, 1)).rejects.toThrow();
    const message = { body: '{}', bytes: 2, contentBytes: 2, ranges: [0], group: undefined };
    await expect(
      createSqsEntryQueue(cloud.sqs, 'http://127.0.0.1:9/nowhere').send([message]),
    ).rejects.toThrow();
  });
});

describe('the peer directory', () => {
  test('lists every peer, by page, and names those that it cannot read', async () => {
    const table = await cloud.createTable();
    const core = (n: number): string => n.toString(16).padStart(64, '0');
    const put = (Item: Record<string, unknown>) =>
      cloud.dynamo.send(new PutCommand({ TableName: table, Item }));
    for (let n = 0; n < 30; n += 1) {
      await put({
        ...ingestKey.peer(core(n)),
        core: core(n),
        host: '10.0.0.1',
        port: 4000 + n,
        ...(n === 3 && { name: 'three' }),
      });
    }
    await put({ ...ingestKey.peer(core(99)), core: core(99), host: 'x', port: 'many' });
    const { peers, unreadable } = await createDynamoPeerDirectory(cloud.dynamo, table).list();
    expect(peers).toHaveLength(30);
    expect(peers[3]).toEqual({ core: core(3), host: '10.0.0.1', port: 4003, name: 'three' });
    expect(unreadable).toEqual([`${core(99)}: port: invalid_type`]);
  });
});

describe('the peer directory, told by an index', () => {
  test('registers a log once, and leaves what the operator registered as it is', async () => {
    const table = await cloud.createTable();
    const directory = createDynamoPeerDirectory(cloud.dynamo, table);
    const index = 'ee'.repeat(32);
    const peer = { core: CORE, host: '10.0.0.1', port: 4_000, name: 'agent 7' };
    await directory.enroll(peer, index);
    await directory.enroll({ ...peer, host: '10.6.6.6' }, index);
    expect((await directory.list()).peers).toEqual([peer]);
    expect(peerItem.parse(await itemAt(table, ingestKey.peer(CORE)))).toMatchObject({ listedBy: index });
  });
});

describe('suspicions', () => {
  const suspicion = {
    peer: { core: CORE, host: '10.0.0.1', port: 4_000 },
    suspicion: 'rewritten',
    observedAt: 1_790_000_000_000,
    evidence: { shipped: { fork: 0, length: 5, treeHash: 'cd'.repeat(32) } },
  } as const;

  test('go to the bus in the shape that others read', async () => {
    const sent: unknown[] = [];
    const bus = {
      send: async ({ input }: { input: unknown }) => {
        sent.push(input);
        return { Entries: [{ EventId: '1' }] };
      },
    };
    await createEventBridgeSuspicions(bus, 'bus').raise(suspicion);
    const parsed = z
      .object({
        Entries: z.tuple([z.object({ Source: z.string(), DetailType: z.string(), Detail: z.string() })]),
      })
      .parse(sent[0]).Entries[0];
    expect([parsed.Source, parsed.DetailType]).toEqual([INGEST_EVENT_SOURCE, LOG_SUSPECT]);
    expect(logSuspect.parse(JSON.parse(parsed.Detail))).toMatchObject({ core: CORE, peer: '10.0.0.1:4000' });
  });

  test('are kept with the first and the last evidence, one item for each log and kind', async () => {
    const table = await cloud.createTable();
    const store = createDynamoSuspicions(cloud.dynamo, table);
    const met = { code: 'INVALID_SIGNATURE', length: 7, signature: 'ab'.repeat(64) };
    await store.raise(suspicion);
    await store.raise({ ...suspicion, observedAt: suspicion.observedAt + 60_000, evidence: { met } });
    const item = suspicionItem.parse(await itemAt(table, ingestKey.suspicion(CORE, 'rewritten')));
    expect(item).toMatchObject({
      core: CORE,
      peer: '10.0.0.1:4000',
      times: 2,
      firstAt: suspicion.observedAt,
      lastAt: suspicion.observedAt + 60_000,
      firstEvidence: suspicion.evidence,
      lastEvidence: { met },
    });
  });

  test('reach each that listens although another fails', async () => {
    const heard: unknown[] = [];
    const broken = { raise: () => Promise.reject(new Error('no')) };
    const all = createSuspicions([broken, { raise: async (one) => void heard.push(one) }]);
    await expect(all.raise(suspicion)).rejects.toThrow('no');
    expect(heard).toEqual([suspicion]);
  });

  test('that the bus refuses are an error', async () => {
    const bus = { send: async () => ({ Entries: [{ ErrorCode: 'InternalFailure' }] }) };
    await expect(createEventBridgeSuspicions(bus, 'bus').raise(suspicion)).rejects.toThrow('InternalFailure');
  });
});

describe('the entry queue', () => {
  test('names the messages of a batch that SQS refused', async () => {
    const queue = createSqsEntryQueue(
      {
        send: async () => ({
          Successful: [{ Id: '0', MessageId: 'm', MD5OfMessageBody: 'x' }],
          Failed: [{ Id: '1', Code: 'InternalError', SenderFault: false }],
        }),
      },
      'http://queue.invalid/',
    );
    const message = { body: '{}', bytes: 2, contentBytes: 2, ranges: [0], group: undefined };
    expect(await queue.send([message, message, message])).toEqual([
      { accepted: true },
      { accepted: false, code: 'InternalError' },
      { accepted: false, code: 'NotAnswered' },
    ]);
  });
});
