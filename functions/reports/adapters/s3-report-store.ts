import {
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { foldersOf, type ReportStore } from '../domain/report-store.ts';

/** Where reports begin in their bucket. */
const PREFIX = 'reports/';

/** Reports in a bucket: its default retention holds every object. */
export function createS3ReportStore(s3: Pick<S3Client, 'send'>, bucket: string): ReportStore {
  const folders = async (below: string) => {
    const paths: string[] = [];
    let token: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: PREFIX + below, ContinuationToken: token }),
      );
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) paths.push(Key.slice(PREFIX.length));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return foldersOf(paths);
  };
  return {
    whole: async (below) => (await folders(below)).whole,
    unfinished: async (below) => (await folders(below)).unfinished,
    async put(folder, { path, mediaType, bytes }) {
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: PREFIX + folder + path,
          Body: bytes,
          ContentType: mediaType,
          IfNoneMatch: '*',
          // A bucket under Object Lock wants to know that nothing changed on the way.
          ChecksumAlgorithm: 'SHA256',
        }),
      );
    },
    async read(folder, name) {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: PREFIX + folder + name }));
        return (await Body?.transformToByteArray()) ?? Buffer.alloc(0);
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    locate: (folder, name) => `s3://${bucket}/${PREFIX}${folder}${name}`,
  };
}
