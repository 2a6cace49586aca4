/** A log that the deployed stack wrote: handed in as producers do, sequenced by the function, copied from its bucket. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDynamoOutbox } from '../../functions/audit/adapters/dynamo-outbox.ts';
import { createS3Source } from '../../functions/audit/adapters/s3-source.ts';
import { openCheckpoint } from '../../functions/audit/domain/checkpoint.ts';
import { noteKey, type NoteKey } from '../../functions/audit/domain/signed-note.ts';
import { bundlePath, CHECKPOINT_PATH, TILE_WIDTH } from '../../functions/audit/domain/tiles.ts';
import { systemClock } from '../../functions/kernel/clock.ts';
import { deployLocal, type StackOutputs } from '../deploy-local.ts';
import { localClientOptions, startEmulator } from '../emulator.ts';
import type { Log } from '../support/project.ts';
import { finding } from './synthetic-log.ts';

export interface DeployedLog {
  readonly keys: { readonly ed25519: NoteKey; readonly ecdsa: NoteKey };
  /** Entries of the log, those of the stack's own doings included. */
  readonly entries: number;
  /** From the first act that was handed in to the last that was in a checkpoint. */
  readonly entriesPerSecond: number;
  /** What lies in the bucket for each entry; versions of the checkpoint count as one. */
  readonly objectsPerEntry: number;
  /** Bytes in the bucket, as a multiple of those of the full bundles and the last partial one. */
  readonly bytesPerEntryByte: number;
}

/** Producers at once, and acts that may wait: more would only wait. */
const AT_ONCE = 32;
const MOST_WAITING = 20_000;
const TOLD_EVERY_MS = 10_000;

/**
 * Deploys the application onto an emulator of its own, hands in so many acts, and copies the log when it has them all.
 * @throws Error where the deploy fails, an act is refused, or nothing is published any more
 */
export async function writeDeployedLog(options: {
  readonly entries: number;
  readonly directory: string;
  readonly log: Log;
}): Promise<DeployedLog> {
  const emulator = await startEmulator({ log: options.log });
  try {
    const outputs = await deployLocal({ endpoint: emulator.endpoint, log: options.log });
    return await fill(emulator.endpoint, outputs, options);
  } finally {
    await emulator.stop();
  }
}

async function fill(
  endpoint: string,
  outputs: StackOutputs,
  { entries, directory, log }: { readonly entries: number; readonly directory: string; readonly log: Log },
): Promise<DeployedLog> {
  const options = localClientOptions(endpoint);
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  const source = createS3Source(s3, outputs.AuditLogBucketName);
  const keys = await publicKeys(new KMSClient(options), outputs);
  const outbox = createDynamoOutbox({
    client: DynamoDBDocumentClient.from(new DynamoDBClient(options), {
      marshallOptions: { removeUndefinedValues: true },
    }),
    tableName: outputs.AuditTableName,
    clock: systemClock,
  });
  const sizeNow = async (): Promise<number> => {
    const note = await source.read(CHECKPOINT_PATH);
    if (note === undefined) return 0;
    const opened = openCheckpoint(note, [keys.ed25519, keys.ecdsa]);
    if (!opened.ok) throw new Error(`The deployed log's checkpoint ${opened.error}.`);
    return opened.value.checkpoint.size;
  };

  const start = performance.now();
  const before = await sizeNow();
  let [handed, size, lastGrown] = [0, before, start];
  const producer = async () => {
    while (handed < entries) {
      while (handed - (size - before) > MOST_WAITING) await sleep(200);
      await outbox.put(finding(handed++, 'agent'));
    }
  };
  const watcher = async () => {
    for (let told = start; size - before < entries;) {
      await sleep(500);
      const seen = await sizeNow();
      const now = performance.now();
      if (seen > size) [size, lastGrown] = [seen, now];
      if (now - lastGrown > 180_000) throw new Error(`The log stays at ${size} entries for three minutes.`);
      if (now - told < TOLD_EVERY_MS) continue;
      told = now;
      const rate = (size - before) / ((now - start) / 1000);
      log(`audit: ${handed} of ${entries} handed in, ${size} in the log (${rate.toFixed(0)}/s)`);
    }
  };
  await Promise.all([watcher(), ...Array.from({ length: AT_ONCE }, producer)]);
  const seconds = (lastGrown - start) / 1000;
  const copied = await copy(s3, outputs.AuditLogBucketName, directory, sizeNow);
  return {
    keys,
    entries: copied.size,
    entriesPerSecond: Math.round(entries / seconds),
    objectsPerEntry: copied.objects / copied.size,
    bytesPerEntryByte: copied.bytes / copied.entryBytes,
  };
}

async function publicKeys(kms: KMSClient, outputs: StackOutputs): Promise<DeployedLog['keys']> {
  const read = async (KeyId: string) => {
    const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }));
    if (PublicKey === undefined) throw new Error(`KMS answered no public key for ${KeyId}.`);
    return noteKey(outputs.AuditOrigin, PublicKey);
  };
  return { ed25519: await read(outputs.AuditEd25519KeyArn), ecdsa: await read(outputs.AuditEcdsaKeyArn) };
}

/** Copies the bucket; again where the log has grown meanwhile, so that the copy is of one size. */
async function copy(s3: S3Client, Bucket: string, directory: string, sizeNow: () => Promise<number>) {
  for (;;) {
    const size = await sizeNow();
    let [objects, bytes, entryBytes] = [0, 0, 0];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken }));
      for (const { Key = '' } of page.Contents ?? []) {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
        const content = (await Body?.transformToByteArray()) ?? Buffer.alloc(0);
        const file = path.join(directory, Key);
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, content);
        [objects, bytes] = [objects + 1, bytes + content.length];
        if (isCounted(Key, size)) entryBytes += content.length;
      }
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    if ((await sizeNow()) === size) return { size, objects, bytes, entryBytes };
  }
}

/** Full bundles, and the partial one of this size: each entry once. */
const isCounted = (key: string, size: number): boolean =>
  (key.startsWith('tile/entries/') && !key.includes('.p/')) ||
  key === bundlePath(Math.floor(size / TILE_WIDTH), size % TILE_WIDTH);
