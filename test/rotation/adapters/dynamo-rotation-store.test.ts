/** Rotations on DynamoDB: one at a time, each write on what was seen, and a history that no later one overwrites. */
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { ROTATION_HISTORY_INDEX } from '../../../functions/contracts/rotation.ts';
import {
  createDynamoRotationStore,
  readHistory,
} from '../../../functions/rotation/adapters/dynamo-rotation-store.ts';
import { begin, evolve, type RotationRecord } from '../../../functions/rotation/domain/rotation.ts';
import { awsOptions } from '../../support/emulator-client.ts';

const plain = new DynamoDBClient(awsOptions(inject('endpoint')));
const where = {
  client: DynamoDBDocumentClient.from(plain, { marshallOptions: { removeUndefinedValues: true } }),
  table: `rotations-${randomUUID()}`,
};
const store = createDynamoRotationStore(where);
const trigger = { kind: 'person', by: 'ann', emergency: false } as const;
const next = (secret: string, last?: RotationRecord) =>
  begin(
    {
      ...{ secret, random: randomUUID().replaceAll('-', ''), trigger, strategy: 'dual_phase' },
      ...{ rotator: 'fake', consumers: ['orders'], manualSteps: ['Look.'] },
    },
    last,
    (last?.run ?? 0) * 1_000,
  );

beforeAll(async () => {
  const { name, partitionKey, sortKey } = ROTATION_HISTORY_INDEX;
  const attribute = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const });
  await plain.send(
    new CreateTableCommand({
      TableName: where.table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', partitionKey, sortKey].map(attribute),
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: name,
          KeySchema: [
            { AttributeName: partitionKey, KeyType: 'HASH' },
            { AttributeName: sortKey, KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  );
});

describe('a rotation in the table', () => {
  test('begins once, however many begin it', async () => {
    const rivals = [next('one'), next('one'), next('one')];
    const won = await Promise.all(rivals.map((rival) => store.write(rival, undefined, undefined)));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await store.get('one')).toEqual(rivals[won.indexOf(true)]);
    expect(await store.get('none')).toBeUndefined();
  });

  test('is written on the revision that was seen, and moved from where the move may begin', async () => {
    const first = next('two');
    await store.write(first, undefined, undefined);
    const claimed = evolve(first, [{ type: 'claimed', step: 'plan', until: 5 }], 1);
    expect(await store.write(claimed, first.revision, undefined)).toBe(true);
    expect(await store.write(claimed, first.revision, undefined)).toBe(false);
    // Written by a program that has the table wrong.
    const forged = { ...claimed, status: 'promoted' as const, revision: 3 };
    expect(await store.write(forged, claimed.revision, 'promote')).toBe(false);
    expect((await store.get('two'))?.status).toBe('planned');
  });

  test('stays in the history when it is over and the next one begins', async () => {
    let last: RotationRecord | undefined;
    for (let run = 0; run < 3; run += 1) {
      const begun = next('three', last);
      expect(await store.write(begun, last?.revision, last && 'start_again')).toBe(true);
      const over = evolve(begun, [{ type: 'moved', move: 'refuse', reason: 'current_broken' }], 10);
      expect(await store.write(over, begun.revision, 'refuse')).toBe(true);
      expect(await store.write(over, begun.revision, 'refuse')).toBe(false);
      last = over;
    }
    const history = await readHistory(where, 'three', 2);
    expect(history.map(({ run, status }) => [run, status])).toEqual([
      [3, 'refused'],
      [2, 'refused'],
    ]);
  });
});
