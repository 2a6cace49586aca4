import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, type S3Client } from '@aws-sdk/client-s3';
import type { KeptCheckpoints, LogSource } from '../kernel/tlog/log-source.ts';
import { checkpointPath, parsePath } from '../kernel/tlog/tiles.ts';

/** A log in a bucket, live. @param prefix what stands before its paths, with its final slash, or nothing */
export function createS3Source(
  s3: Pick<S3Client, 'send'>,
  bucket: string,
  prefix = '',
): LogSource & KeptCheckpoints {
  return {
    async read(object) {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: prefix + object }));
        return (await Body?.transformToByteArray()) ?? Buffer.alloc(0);
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    async *list() {
      let token: string | undefined;
      do {
        const page = await s3.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
        );
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key.slice(prefix.length);
        token = page.NextContinuationToken;
      } while (token !== undefined);
    },
    async keptFrom(size) {
      const { Contents: [next] = [] } = await s3.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: `${prefix}checkpoints/`,
          StartAfter: prefix + checkpointPath(Math.max(0, size - 1)),
          MaxKeys: 1,
        }),
      );
      const object = next?.Key === undefined ? undefined : parsePath(next.Key.slice(prefix.length));
      return object?.kind === 'kept' ? object.size : undefined;
    },
  };
}
