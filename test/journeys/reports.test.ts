/** A report on the deployed stack: asked for, made from the live log, under lock, signed, on record, and its evidence proved. */
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  GetObjectCommand,
  GetObjectRetentionCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { hash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AuditEntry } from '../../functions/audit/domain/entry.ts';
import { verifyLog } from '../../functions/audit/domain/verify-log.ts';
import { reportAnswer } from '../../functions/contracts/reports.ts';
import { noteKey, type NoteKey } from '../../functions/kernel/tlog/signed-note.ts';
import { createS3Source } from '../../functions/platform/s3-log-source.ts';
import { createNoteOpener } from '../../functions/reports/adapters/manifest-notes.ts';
import { MANIFEST_PATH, verifyManifest } from '../../functions/reports/domain/render/manifest.ts';
import { System, until } from '../support/system.ts';

let system: System;
let s3: S3Client;
beforeAll(async () => {
  system = await System.connect();
  s3 = new S3Client({ ...system.clientOptions, forcePathStyle: true });
  await system.startSequencer();
  await until(20_000, async () => (await createLog().read('checkpoint')) !== undefined);
});
afterAll(() => system.close());

const createLog = () => createS3Source(s3, system.outputs.AuditLogBucketName);
async function keyOf(name: string, KeyId: string): Promise<NoteKey> {
  const { PublicKey } = await new KMSClient(system.clientOptions).send(new GetPublicKeyCommand({ KeyId }));
  return noteKey(name, PublicKey ?? Buffer.alloc(0));
}
/** Of a log that was verified in full. */
async function onRecord(reportId: string): Promise<readonly AuditEntry[]> {
  const { AuditOrigin, AuditEd25519KeyArn, AuditEcdsaKeyArn } = system.outputs;
  const keys = await Promise.all(
    [AuditEd25519KeyArn, AuditEcdsaKeyArn].map((key) => keyOf(AuditOrigin, key)),
  );
  const found: AuditEntry[] = [];
  const visit = (entry: AuditEntry) => {
    if (entry.data['report_id'] === reportId) found.push(entry);
  };
  const { problemCount } = await verifyLog({ source: createLog(), keys, visit });
  return problemCount === 0 ? found : [];
}
const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

it('is there in whole, under lock, signed by the key of reports, and is an entry of the log', async () => {
  const { ReportFunctionName, ReportBucketName, ReportKeyArn, ReportSigner } = system.outputs;
  const request = { frameworks: ['gdpr'], timeZone: 'Europe/Berlin', from: day(-7), until: day(1) };
  const answer = reportAnswer.parse(await system.invoke(ReportFunctionName, request));
  if (answer.answer !== 'made') throw new Error(answer.why);
  const [report] = answer.reports;
  expect(report).toMatchObject({ framework: 'gdpr', isOld: false });

  const folder =
    report?.manifest.replace(`s3://${ReportBucketName}/`, '').slice(0, -MANIFEST_PATH.length) ?? '';
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: ReportBucketName, Prefix: folder }),
  );
  const files = new Map<string, Uint8Array>();
  for (const { Key = '' } of Contents) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: ReportBucketName, Key }));
    files.set(Key.slice(folder.length), (await Body?.transformToByteArray()) ?? Buffer.alloc(0));
  }
  const { Retention } = await s3.send(
    new GetObjectRetentionCommand({ Bucket: ReportBucketName, Key: folder + MANIFEST_PATH }),
  );
  expect(Retention?.Mode).toBe('COMPLIANCE');

  const opener = createNoteOpener([await keyOf(ReportSigner, ReportKeyArn)]);
  const verified = verifyManifest(files.get(MANIFEST_PATH) ?? Buffer.alloc(0), files, opener);
  expect(verified).toMatchObject({ ok: true, value: { signers: [ReportSigner], deviations: [] } });
  expect(files.has('report.pdf')).toBe(process.arch === 'x64');

  const reportId = report?.reportId ?? '';
  await until(30_000, async () => (await onRecord(reportId)).length > 0);
  const sha256 = hash('sha256', files.get(MANIFEST_PATH) ?? '', 'hex');
  expect(await onRecord(reportId)).toMatchObject([
    { type: 'report', data: { framework: 'gdpr', outcome: 'created', report_id: reportId, sha256 } },
  ]);
});
