import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const price = z.strictObject({
  usd: z.number().positive(),
  /** What `usd` buys one of. */
  per: z.string(),
  what: z.string(),
  /** Title of the public AWS page that lists it. */
  page: z.string(),
  /** What else it was found in, and how old that was. */
  corroborated: z.string().nullable(),
});

const priceList = z.strictObject({
  region: z.string(),
  architecture: z.literal('arm64'),
  checked: z.iso.date(),
  how: z.string(),
  prices: z.strictObject({
    lambdaGbSecond: price,
    lambdaRequest: price,
    lambdaStorageGbSecond: price,
    fargateVcpuHour: price,
    fargateGbHour: price,
    httpApiRequest: price,
    stateTransition: price,
    sqsRequest: price,
    dynamoWriteUnit: price,
    dynamoReadUnit: price,
    dynamoStorageGbMonth: price,
    dynamoBackupGbMonth: price,
    kmsKeyMonth: price,
    kmsRequest: price,
    kmsSignature: price,
    s3Write: price,
    s3Read: price,
    s3StorageGbMonth: price,
    alarmMonth: price,
    metricMonth: price,
    logIngestGb: price,
    logStorageGbMonth: price,
    secretMonth: price,
    traceRecorded: price,
    eventPublished: price,
    snsPublish: price,
    snsEmail: price,
  }),
});
export type PriceList = z.infer<typeof priceList>;

/** The dated price list beside this file; `prices.json` says how each price was obtained. */
export function readPriceList(): PriceList {
  return priceList.parse(JSON.parse(readFileSync(path.join(import.meta.dirname, 'prices.json'), 'utf8')));
}
