/** The log on real services: the stores' contracts, KMS's signatures, and the sequencer killed again and again. */
import { DeleteObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { openCheckpoint } from '../../../functions/audit/domain/checkpoint.ts';
import { sequenceOnce } from '../../../functions/audit/domain/sequence.ts';
import { submit } from '../support/submit.ts';
import { verifyLog } from '../../../functions/audit/domain/verify-log.ts';
import { logStoreContract, outboxContract, sequenceContract } from '../support/audit-stores-contract.ts';
import { createAwsWorld } from '../support/aws-world.ts';
import { hooked, Killed } from '../support/crash.ts';
import { anEvent } from '../support/event-builder.ts';

const aws = createAwsWorld(inject('endpoint'));
afterAll(() => aws.close());

describe('on AWS', () => {
  outboxContract(aws.outbox);
  sequenceContract(aws.sequence);
  logStoreContract(aws.log);

  test('KMS signs checkpoints that verify under its public keys', async () => {
    const world = await aws.sequencer();
    await submit(anEvent(), world.outbox);
    await sequenceOnce(world);
    const note = await world.source.read('checkpoint');
    const opened = openCheckpoint(note ?? Buffer.alloc(0), world.signer.keys);
    expect(opened.ok && opened.value.signers.map(({ kind }) => kind)).toEqual(['ed25519', 'ecdsa']);
  });

  test('under Object Lock no version of a tile can be deleted', async () => {
    const world = await aws.sequencer();
    await submit(anEvent(), world.outbox);
    await sequenceOnce(world);
    const { Versions = [] } = await aws.s3.send(new ListObjectVersionsCommand({ Bucket: world.logBucket }));
    expect(Versions.length).toBeGreaterThanOrEqual(4);
    for (const { Key, VersionId } of Versions)
      await expect(
        aws.s3.send(new DeleteObjectCommand({ Bucket: world.logBucket, Key, VersionId })),
      ).rejects.toThrow();
    // What is left to an administrator: to put another version on top. Whoever reads the log sees it.
    await aws.s3.send(
      new PutObjectCommand({ Bucket: world.logBucket, Key: 'tile/0/000.p/1', Body: Buffer.alloc(32) }),
    );
    const { problems } = await verifyLog({ source: world.source, keys: world.signer.keys });
    expect(problems.map(({ where }) => where)).toEqual(['tile/0/000.p/1']);
  });

  test(
    'two sequencers at once, killed a hundred times under load, write one history',
    { timeout: 240_000 },
    async () => {
      const world = await aws.sequencer();
      const KILLS = 101;
      let [kills, handedIn, steps] = [0, 0, 0];
      let producing = true;
      // Every 3rd to 29th step dies, before it or after it: from run to run another one.
      const deaths = [29, 3, 11, 17, 7, 5, 13];
      let next = 20;
      const mortal = hooked(world, async (_, act) => {
        steps += 1;
        const dies = steps >= next && kills < KILLS;
        if (dies) next = steps + (deaths[kills % deaths.length] ?? 10);
        if (dies && kills % 2 === 0) throw new Killed();
        const value = await act();
        if (dies) throw new Killed();
        return value;
      });
      const process = async () => {
        for (let idle = 0; idle < 2 || producing;) {
          const did = await sequenceOnce(mortal).catch((error: unknown) => {
            if (!(error instanceof Killed)) throw error;
            kills += 1;
            return { did: 'killed' } as const;
          });
          idle = did.did === 'nothing' ? idle + 1 : 0;
        }
      };
      const producer = async () => {
        for (; kills < KILLS; handedIn += 20) {
          await Promise.all(
            Array.from({ length: 20 }, (_, at) =>
              submit(anEvent({ id: `act-${handedIn + at}` }), world.outbox),
            ),
          );
          await wait(50);
        }
        producing = false;
      };
      await Promise.all([process(), process(), producer()]);
      const ids: string[] = [];
      const found = await verifyLog({
        source: world.source,
        keys: world.signer.keys,
        visit: ({ id }) => ids.push(id),
      });
      expect(found.problems).toEqual([]);
      expect(ids.toSorted()).toEqual(Array.from({ length: handedIn }, (_, at) => `act-${at}`).sort());
      expect(kills).toBe(KILLS);
    },
  );
});
