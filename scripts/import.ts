/**
 * `npm run import -- redis://HOST:PORT/DB?key=LIST | FILE.csv | FILE.jsonl [--remove] [--report FILE] [--stage …]`:
 * moves an older sentinel's quarantine in. Exit code: 0 all imported, 1 some rejected, 2 failed.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createDynamoQuarantine } from '../functions/detection/adapters/dynamo-quarantine.ts';
import { createKmsFingerprinter } from '../functions/platform/kms-fingerprinter.ts';
import { systemClock } from '../functions/kernel/clock.ts';
import { settingsFor } from '../lib/config/stages.ts';
import { draw, say } from './demo/terminal.ts';
import { importRecords, type ImportDependencies } from './import/import-records.ts';
import { createJudge } from './import/judge.ts';
import { renderImport } from './import/render.ts';
import { openSource } from './import/sources.ts';
import { askReview } from './review/ask.ts';
import { createProjectScanner } from './support/project-scanner.ts';
import { outputOf } from './support/stage.ts';

const USAGE =
  'npm run import -- redis://HOST:PORT/DB?key=LIST | FILE.csv | FILE.jsonl [--remove] [--report FILE] [--stage local|dev|prod]';
const bounded = { maxAttempts: 4, requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 } };
const text = { type: 'string' } as const;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { remove: { type: 'boolean' }, report: text, stage: text },
  });
  const [address, ...others] = positionals;
  if (address === undefined || others.length > 0) throw new Error(USAGE);
  const dependencies = await connect(values.stage ?? 'dev');
  const source = await openSource(address);
  try {
    const total = await source.total();
    const of = total === undefined ? '' : ` of ${total}`;
    const report = await importRecords(
      source,
      {
        remove: values.remove ?? false,
        onProgress: ({ records, imported, thereAlready, rejected }) =>
          draw(
            `${records}${of} records: ${imported} imported, ${thereAlready} there already, ${rejected} rejected`,
          ),
      },
      dependencies,
    );
    say(renderImport(source.name, report, values.remove ?? false));
    if (values.report !== undefined)
      await writeFile(values.report, report.rejections.map((one) => `${JSON.stringify(one)}\n`).join(''));
    if (report.rejected > 0 || report.unjudged.length > 0) process.exitCode = 1;
  } finally {
    await source.close();
  }
} catch (error) {
  say(error instanceof Error ? error.message : 'import: an unknown error');
  say('What was imported stays; run it again to go on.');
  process.exitCode = 2;
}

async function connect(stage: string): Promise<ImportDependencies> {
  const settings = settingsFor((key) => (key === 'stage' ? stage : undefined));
  const TableName = await outputOf(stage, 'data', 'QuarantineTableName');
  const desk = await outputOf(stage, 'response', 'ReviewFunctionName');
  const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient(bounded), {
    marshallOptions: { removeUndefinedValues: true },
  });
  return {
    scanner: await createProjectScanner(),
    fingerprinter: createKmsFingerprinter(
      new KMSClient(bounded),
      await outputOf(stage, 'data', 'FingerprintKeyArn'),
    ),
    quarantine: createDynamoQuarantine(dynamo, TableName),
    isThere: async (pk) =>
      (await dynamo.send(new GetCommand({ TableName, Key: { pk }, ConsistentRead: true }))).Item !==
      undefined,
    retentionDays: settings.findingRetentionDays,
    clock: systemClock,
    judge: createJudge(
      (request) => askReview(request, desk),
      () => sleep(1_000),
    ),
  };
}
