/** The real store, limit and evidence on an emulator: conditions, the encryption context, and what is taken away. */
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, DecryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { sealedEvidence } from '../../../functions/contracts/evidence.ts';
import { createKmsEvidence } from '../../../functions/detection/adapters/kms-evidence.ts';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import {
  createDynamoRevocationLimit,
  createDynamoRevocationStore,
} from '../../../functions/revocation/adapters/dynamo-revocation-store.ts';
import { createKmsEvidenceVault } from '../../../functions/revocation/adapters/kms-evidence-vault.ts';
import { evolve } from '../../../functions/revocation/domain/revocation.ts';
import { awsOptions } from '../../support/emulator-client.ts';
import { aLeak, aRevocation } from '../../support/revocation-builder.ts';

const NOW = Date.parse('2026-11-21T09:00:00.000Z');
const options = awsOptions(inject('endpoint'));
const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(options), {
  marshallOptions: { removeUndefinedValues: true },
});
const kms = new KMSClient(options);
let table: string;
let keyId: string;

beforeAll(async () => {
  table = `revocations-${randomUUID()}`;
  await dynamo.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    }),
  );
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  keyId = KeyMetadata?.Arn ?? '';
});

describe('the store', () => {
  test('writes a first record once, a change only on the revision that was seen, a move only where there is one', async () => {
    const store = createDynamoRevocationStore({ client: dynamo, table });
    const first = aRevocation(1);
    expect(await store.get(first.caseId)).toBeUndefined();
    expect(await store.write(first, undefined, undefined)).toBe(true);
    expect(await store.write(first, undefined, undefined)).toBe(false);
    const live = evolve(first, [{ type: 'moved', move: 'prove_live' }], NOW);
    expect(await store.write(live, 7, 'prove_live')).toBe(false);
    expect(await store.write(live, 1, 'prove_dead')).toBe(false);
    expect(await store.write(live, 1, 'prove_live')).toBe(true);
    expect(await store.get(first.caseId)).toMatchObject({ status: 'live', revision: 2 });
  });
});

describe('the limit', () => {
  test('admits no more than so many at once, the same one again, and others when the hour is over', async () => {
    const limit = createDynamoRevocationLimit({ client: dynamo, table });
    const asked = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => limit.admit(key, NOW, 3)));
    expect(asked.filter(Boolean)).toHaveLength(3);
    const again = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => limit.admit(key, NOW + 1, 3)));
    expect(again).toEqual(asked);
    expect(await limit.admit('f', NOW + 3_600_001, 3)).toBe(true);
  });
});

describe('sealed evidence', () => {
  const clock = { now: () => NOW };
  const secret = ['not', 'a', 'real', 'secret'].join('-');
  const found = aLeak(77);
  const sealer = (types: string[]) =>
    createKmsEvidence({ kms, keyId, dynamo, table, secretTypes: new Set(types), clock });
  const vault = (now = clock) => createKmsEvidenceVault({ kms, keyId, dynamo, table, clock: now });

  test('is not made of types that nobody revokes', async () => {
    await sealer([]).seal(found, new Redacted(secret));
    expect(await vault().open(found.fingerprint)).toBeUndefined();
  });

  test('opens for the finding that it was sealed for, and under no other context', async () => {
    await sealer(['fake-token']).seal(found, new Redacted(secret));
    expect((await vault().open(found.fingerprint))?.reveal()).toBe(secret);
    const { Item } = await dynamo.send(new GetCommand({ TableName: table, Key: { pk: found.fingerprint } }));
    expect(JSON.stringify(Item)).not.toContain(secret);
    const { sealed = '' } = sealedEvidence.parse(Item);
    for (const EncryptionContext of [undefined, { findingId: 'fnd_other' }])
      await expect(
        kms.send(
          new DecryptCommand({
            KeyId: keyId,
            CiphertextBlob: Buffer.from(sealed, 'base64'),
            EncryptionContext,
          }),
        ),
      ).rejects.toThrow();
  });

  test('is gone when its time is over, although the table still holds it', async () => {
    expect(await vault({ now: () => NOW + 3 * 86_400_000 }).open(found.fingerprint)).toBeUndefined();
  });

  test('is not sealed again by a late duplicate once it was taken away', async () => {
    await vault().erase(found.fingerprint);
    await sealer(['fake-token']).seal(found, new Redacted(secret));
    expect(await vault().open(found.fingerprint)).toBeUndefined();
    await vault().erase('ff'.repeat(32));
  });
});
