/** What happens is on record, on the deployed stack: strangers' eyes see it, and see when it was tampered with. */
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { createAuditClient } from '../../functions/audit/client/index.ts';
import { noteKey } from '../../functions/kernel/tlog/signed-note.ts';
import { toQuarantineItem } from '../../functions/contracts/quarantine.ts';
import { makeGuardKey } from '../../functions/detection/domain/guard-keys.ts';
import { accountEnvironment } from '../../scripts/emulator.ts';
import { aFinding } from '../support/finding-builder.ts';
import { createLeak } from '../support/fleet/leaks.ts';
import { createRandom } from '../support/fleet/random.ts';
import { System, until } from '../support/system.ts';

const READER = path.resolve(import.meta.dirname, '../../functions/audit/reader/shhh-audit.ts');
const answer = z.object({ holds: z.boolean(), problems: z.array(z.object({ where: z.string() })) });
const checked = z.object({ entries: z.number(), problems: z.number() });

let system: System;
let s3: S3Client;
let directory: string;
let keyFile: string;
const found = { ...aFinding({ core: 'a0d1'.repeat(16), agent: 'agent-audit' }) };

beforeAll(async () => {
  system = await System.connect();
  directory = await system.temporaryDirectory();
  s3 = new S3Client({ ...system.clientOptions, forcePathStyle: true });
  // As an auditor gets them: from the account's KMS, not from the log.
  const kms = new KMSClient(system.clientOptions);
  const { AuditEd25519KeyArn, AuditEcdsaKeyArn, AuditOrigin } = system.outputs;
  const keys = await Promise.all(
    [AuditEd25519KeyArn, AuditEcdsaKeyArn].map(async (KeyId) => {
      const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }));
      return noteKey(AuditOrigin, PublicKey ?? Buffer.alloc(0)).vkey;
    }),
  );
  keyFile = path.join(directory, 'log.vkey');
  await writeFile(keyFile, `${keys.join('\n')}\n`);
  await system.startSequencer();
  // The detector's own write: from here on everything is the deployed system's doing.
  await system.dynamo.send(
    new PutCommand({
      TableName: system.outputs.QuarantineTableName,
      Item: toQuarantineItem({ ...found, detectedAt: new Date().toISOString(), severity: 'CRITICAL' }, 31),
    }),
  );
});
afterAll(() => system.close());

/** `npx shhh-audit …`, as an auditor runs it. */
function shhhAudit(...args: string[]): Promise<{ code: number; out: string }> {
  const env = { ...process.env, ...accountEnvironment(inject('deployed').endpoint) };
  return new Promise((resolve) => {
    execFile(process.execPath, [READER, ...args, '--key', keyFile], { env }, (error, out) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out }),
    );
  });
}
const live = () => `s3://${system.outputs.AuditLogBucketName}`;

/** Entries of this kind, by the reader's own count, over a log that it verified first. */
async function entriesOf(...selection: string[]): Promise<number> {
  const { code, out } = await shhhAudit('summary', live(), '--json', ...selection);
  return code === 0 ? z.object({ entries: z.number() }).parse(JSON.parse(out)).entries : 0;
}

async function copyOfTheLog(): Promise<string> {
  const to = path.join(directory, 'copy');
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: system.outputs.AuditLogBucketName, ContinuationToken }),
    );
    for (const { Key = '' } of page.Contents ?? []) {
      const { Body } = await s3.send(
        new GetObjectCommand({ Bucket: system.outputs.AuditLogBucketName, Key }),
      );
      await mkdir(path.dirname(path.join(to, Key)), { recursive: true });
      await writeFile(path.join(to, Key), (await Body?.transformToByteArray()) ?? Buffer.alloc(0));
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return to;
}

describe('a finding', () => {
  it('and what people were told of it are entries of the log within seconds', async () => {
    const about = ['--type', 'finding', '--id', `finding:${found.findingId}`];
    await until(60_000, async () => (await entriesOf('--type', 'alert')) > 0);
    expect(await entriesOf('--type', 'alert')).toBeGreaterThan(0);
    expect(await entriesOf(...about)).toBe(1);
  });
});

describe('a program', () => {
  it('hands in over HTTP what it did: one entry, however often, without the credential that it printed', async () => {
    const { AuditApiId, AuditKeysTableName } = system.outputs;
    const createdAt = new Date().toISOString();
    const { key, item } = makeGuardKey(
      { name: 'journey', requestsPerMinute: 60, createdAt },
      randomBytes(38),
    );
    await system.dynamo.send(new PutCommand({ TableName: AuditKeysTableName, Item: item }));
    const url = `${inject('deployed').endpoint}/_aws/execute-api/${AuditApiId}/$default`;
    const leaked = createLeak('github-pat', createRandom(8_811)).text;
    const run = {
      id: 'run-1',
      actor: 'runner',
      subject: `agent-7 with ${leaked}`,
      data: {
        outcome: 'succeeded' as const,
        timing: { started_at: createdAt, finished_at: createdAt, duration_ms: 1 },
        resources: {},
        details: { printed: leaked },
      },
    };
    const audit = createAuditClient({ url, key });
    expect(await audit.logCodeExecution(run)).toMatchObject({ did: 'taken' });
    expect(await audit.logCodeExecution(run)).toMatchObject({ did: 'known' });
    const about = ['--type', 'code.execution'];
    await until(30_000, async () => (await entriesOf(...about)) > 0);
    expect(await entriesOf(...about)).toBe(1);
    const { out } = await shhhAudit('export', live(), ...about);
    expect(out).toContain('SHHH removed a credential');
    expect(out).not.toContain(leaked);
  });
});

describe('the log', () => {
  it('verifies live and from a copy, and by the check of the stack', async () => {
    expect(await shhhAudit('verify', live())).toMatchObject({ code: 0 });
    expect(await shhhAudit('verify', await copyOfTheLog())).toMatchObject({ code: 0 });
    expect(
      checked.parse(await system.invoke(system.outputs.VerifyLogFunctionName, { scope: 'all' })).problems,
    ).toBe(0);
  });

  it('shows in a copy what was changed', async () => {
    const bundle = path.join(await copyOfTheLog(), 'tile/entries/000.p');
    const widths = (await readdir(bundle)).map(Number).toSorted((a, b) => b - a);
    const file = path.join(bundle, String(widths[0]));
    const bytes = await readFile(file);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writeFile(file, bytes);
    const { code, out } = await shhhAudit('verify', path.join(directory, 'copy'), '--json');
    expect(code).toBe(1);
    expect(answer.parse(JSON.parse(out)).holds).toBe(false);
  });

  it('tells people when the stack’s own check finds an object that somebody put a newer version over', async () => {
    const Bucket = system.outputs.AuditLogBucketName;
    const { Contents = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'checkpoints/', MaxKeys: 1 }),
    );
    const Key = Contents[0]?.Key;
    expect(Key).toMatch(/^checkpoints\/\d{16}$/);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const honest = (await Body?.transformToByteArray()) ?? Buffer.alloc(0);
    await s3.send(
      new PutObjectCommand({ Bucket, Key, Body: 'another history', ChecksumAlgorithm: 'SHA256' }),
    );
    try {
      const { problems } = checked.parse(
        await system.invoke(system.outputs.VerifyLogFunctionName, { scope: 'all' }),
      );
      expect(problems).toBeGreaterThan(0);
    } finally {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: honest, ChecksumAlgorithm: 'SHA256' }));
    }
    // What was told on the bus, for the rules of alerts, is on record as everything else there.
    const told = ['--type', 'security.event', '--actor', 'shhh.audit'];
    await until(60_000, async () => (await entriesOf(...told)) > 0);
    expect(await entriesOf(...told)).toBe(1);
  });
});
