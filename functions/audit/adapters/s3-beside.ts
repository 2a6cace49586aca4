import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { BESIDE, besidePath, dayOfPath } from '../domain/beside-path.ts';
import type { ExpiredBeside } from '../domain/sweep.ts';
import type { BesideStore } from '../domain/take-in.ts';

const REQUEST_DEADLINE_MS = 8_000;

/** The content of commitments in a bucket without versions: what is deleted is gone. */
export function createS3Beside(s3: Pick<S3Client, 'send'>, Bucket: string): BesideStore & ExpiredBeside {
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
  return {
    async put(commitment, expiresAt, Body) {
      await s3.send(
        new PutObjectCommand({
          Bucket,
          Key: besidePath(commitment, expiresAt),
          Body,
          ContentType: 'application/octet-stream',
          ChecksumAlgorithm: 'SHA256',
        }),
        bounded(),
      );
    },

    async remove(commitment, expiresAt) {
      await s3.send(new DeleteObjectCommand({ Bucket, Key: besidePath(commitment, expiresAt) }), bounded());
    },

    // Names sort by their day: what is expired comes first, and the list ends where the present begins.
    async page(before, most) {
      const { Contents } = await s3.send(
        new ListObjectsV2Command({ Bucket, Prefix: BESIDE, MaxKeys: most }),
        bounded(),
      );
      return (Contents ?? []).flatMap(({ Key = '' }) => {
        const day = dayOfPath(Key);
        return day !== undefined && day < before ? [Key] : [];
      });
    },

    async delete(paths) {
      const { Errors } = await s3.send(
        new DeleteObjectsCommand({
          Bucket,
          Delete: { Quiet: true, Objects: paths.map((Key) => ({ Key })) },
          ChecksumAlgorithm: 'SHA256',
        }),
        bounded(),
      );
      if (Errors?.[0] !== undefined)
        throw new Error(`${Errors.length} objects could not be deleted: ${Errors[0].Code ?? 'unknown'}.`);
    },
  };
}
