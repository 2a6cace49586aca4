/** Where reports lie: in memory, in a directory and in a bucket the same is true. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { createDirectoryReportStore } from '../../../functions/reports/adapters/directory-report-store.ts';
import { createS3ReportStore } from '../../../functions/reports/adapters/s3-report-store.ts';
import type { ReportStore } from '../../../functions/reports/domain/report-store.ts';
import { awsOptions } from '../../support/emulator-client.ts';
import { createFakeReportStore } from '../support/fake-report-store.ts';

const directories: string[] = [];
afterAll(() => Promise.all(directories.map((each) => rm(each, { recursive: true }))));

async function inDirectory(): Promise<ReportStore> {
  const directory = await mkdtemp(path.join(tmpdir(), 'shhh-report-store-'));
  directories.push(directory);
  return createDirectoryReportStore(directory);
}

async function inBucket(): Promise<ReportStore> {
  const s3 = new S3Client({ ...awsOptions(inject('endpoint')), forcePathStyle: true });
  const Bucket = `reports-${randomUUID()}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  return createS3ReportStore(s3, Bucket);
}

const file = (name: string, text = name) => ({
  path: name,
  mediaType: 'text/plain',
  bytes: Buffer.from(text),
});
const textOf = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

describe.each<[string, () => Promise<ReportStore>]>([
  ['memory', async () => createFakeReportStore()],
  ['directory', inDirectory],
  ['S3', inBucket],
])('reports in %s', (_where, create) => {
  test('are there once their manifest is, and unfinished until then', async () => {
    const store = await create();
    expect(await store.whole('')).toEqual([]);
    await store.put('gdpr/a/', file('report.html'));
    expect([await store.whole(''), await store.unfinished('')]).toEqual([[], ['gdpr/a/']]);
    await store.put('gdpr/a/', file('manifest.note'));
    await store.put('gdpr/b/', file('report.html'));
    expect([await store.whole(''), await store.unfinished('')]).toEqual([['gdpr/a/'], ['gdpr/b/']]);
  });

  test('are listed below a folder alone, in order', async () => {
    const store = await create();
    for (const folder of ['soc2/2/', 'gdpr/2/', 'gdpr/1/']) await store.put(folder, file('manifest.note'));
    expect(await store.whole('gdpr/')).toEqual(['gdpr/1/', 'gdpr/2/']);
    expect(await store.whole('pci/')).toEqual([]);
  });

  test('are written once: what is there stays as it is', async () => {
    const store = await create();
    await store.put('gdpr/a/', file('report.html', 'first'));
    await expect(store.put('gdpr/a/', file('report.html', 'second'))).rejects.toThrow();
    expect(textOf(await store.read('gdpr/a/', 'report.html'))).toBe('first');
    expect(await store.read('gdpr/a/', 'report.pdf')).toBeUndefined();
    expect(store.locate('gdpr/a/', 'report.html')).toContain('gdpr/a/report.html');
  });
});
