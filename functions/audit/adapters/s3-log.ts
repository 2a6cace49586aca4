import {
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { LogStore } from '../domain/sequence.ts';
import { CHECKPOINT_PATH } from '../../kernel/tlog/tiles.ts';

export interface S3LogOptions {
  readonly s3: Pick<S3Client, 'send'>;
  /** Holds the log and nothing else; under Object Lock, and by its policy written only where nothing is. */
  readonly logBucket: string;
  /** Holds batches until they are decided; its lifecycle deletes them after some days. */
  readonly workBucket: string;
}

const REQUEST_DEADLINE_MS = 8_000;
const ATTEMPTS = 3;

/** The log in its bucket, for whoever writes it. */
export function createS3Log({ s3, logBucket, workBucket }: S3LogOptions): LogStore {
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });

  async function get(Bucket: string, Key: string) {
    try {
      const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket, Key }), bounded());
      return { bytes: (await Body?.transformToByteArray()) ?? Buffer.alloc(0), tag: ETag ?? '' };
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  /** @returns false where the condition did not hold */
  async function put(
    Key: string,
    Body: Uint8Array,
    condition: { readonly IfNoneMatch: '*' } | { readonly IfMatch: string },
  ): Promise<boolean> {
    const isNote = Key.startsWith(CHECKPOINT_PATH);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await s3.send(
          new PutObjectCommand({
            Bucket: logBucket,
            Key,
            Body,
            ...condition,
            // As tlog-tiles asks of a server.
            ContentType: isNote ? 'text/plain; charset=utf-8' : 'application/octet-stream',
            CacheControl: Key === CHECKPOINT_PATH ? 'max-age=2' : 'max-age=31536000, immutable',
            // Buckets under Object Lock take nothing without a checksum.
            ChecksumAlgorithm: 'SHA256',
          }),
          bounded(),
        );
        return true;
      } catch (error) {
        const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
        if (status === 412) return false;
        // Somebody else writes the same at this moment: who it was shows at the next attempt.
        if (status !== 409 || attempt === ATTEMPTS) throw error;
      }
    }
  }

  return {
    read: async (path) => (await get(logBucket, path))?.bytes,
    create: (path, bytes) => put(path, bytes, { IfNoneMatch: '*' }),
    checkpoint: () => get(logBucket, CHECKPOINT_PATH),
    publish: (bytes, tag) =>
      put(CHECKPOINT_PATH, bytes, tag === undefined ? { IfNoneMatch: '*' } : { IfMatch: tag }),
    async stage(name, Body) {
      await s3.send(
        new PutObjectCommand({
          Bucket: workBucket,
          Key: `staged/${name}`,
          Body,
          ChecksumAlgorithm: 'SHA256',
        }),
        bounded(),
      );
    },
    readStaged: async (name) => (await get(workBucket, `staged/${name}`))?.bytes,
  };
}
