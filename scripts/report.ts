/** `npm run report`: evidence for auditors, from a copy of the audit log or by the deployed function. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { reportAnswer } from '../functions/contracts/reports.ts';
import { readKeys } from '../functions/audit/reader/read-keys.ts';
import { systemClock } from '../functions/kernel/clock.ts';
import type { NoteKey } from '../functions/kernel/tlog/signed-note.ts';
import { createS3 } from '../functions/platform/aws.ts';
import { createDirectorySource } from '../functions/platform/directory-log-source.ts';
import { createDirectoryReportStore } from '../functions/reports/adapters/directory-report-store.ts';
import { createNoteOpener, createNoteSigner } from '../functions/reports/adapters/manifest-notes.ts';
import { createPreviousReports } from '../functions/reports/adapters/previous-report.ts';
import { createS3ReportStore } from '../functions/reports/adapters/s3-report-store.ts';
import { makeReports } from '../functions/reports/domain/make-reports.ts';
import { requestedPeriod } from '../functions/reports/domain/period.ts';
import { renderForms } from '../functions/reports/domain/render/forms.ts';
import { MANIFEST_PATH, manifestOf, verifyManifest } from '../functions/reports/domain/render/manifest.ts';
import { parseReportCommand, USAGE, type Command } from './reports/arguments.ts';
import { loadProjectPdf, readFrameworks } from './reports/project-reports.ts';
import { askFunction } from './support/ask-function.ts';
import { outputOf } from './support/stage.ts';

type Make = Extract<Command, { do: 'make' }>;
type FromCopy = Extract<Make['from'], { log: string }>;

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  const command = parseReportCommand(args);
  if (!command.ok) throw new Error(`${command.error} \`npm run report -- help\` tells more.`);
  switch (command.value.do) {
    case 'help':
      console.log(USAGE);
      return 0;
    case 'verify':
      return verify(command.value.folder, await keysOf(command.value.keys));
    case 'list':
      return list(command.value.below, command.value.stage);
    case 'make': {
      const { request, from } = command.value;
      return 'log' in from ? makeFromCopy(request, from) : makeDeployed(request, from.stage);
    }
  }
}

async function keysOf(given: readonly string[]): Promise<readonly NoteKey[]> {
  if (given.length === 0) return [];
  const keys = await readKeys(given);
  if (!keys.ok) throw new Error(keys.error);
  return keys.value;
}

async function makeFromCopy(request: Make['request'], { log, keys, out, name }: FromCopy): Promise<number> {
  const period = requestedPeriod(request, systemClock.now());
  if (!period.ok) return refused(period.error);
  const [{ compiled, exceptions }, pdf] = [await readFrameworks(), await loadProjectPdf()];
  const frameworks =
    request.frameworks.length > 0 ? request.frameworks : compiled.frameworks.map(({ id }) => id);
  const store = createDirectoryReportStore(out);
  const made = await makeReports(
    { frameworks, period: period.value },
    {
      ...{ compiled, exceptions, store, deployment: name, clock: systemClock },
      log: { source: createDirectorySource(log), keys: await keysOf(keys) },
      configuration: async () => ({ missing: 'the report was made from a copy of the log' }),
      render: (report) => renderForms(report, pdf),
      manifest: (report, files) => manifestOf(report, files, createNoteSigner()),
      made: async () => undefined,
      before: createPreviousReports(store, createNoteOpener([])),
    },
  );
  if (!made.ok) return refused(made.error);
  for (const { framework, verdicts, folder, isOld } of made.value)
    tell(framework.id, verdicts, store.locate(folder, ''), isOld);
  return 0;
}

async function makeDeployed(request: Make['request'], stage: string): Promise<number> {
  const desk = await outputOf(stage, 'assurance', 'ReportFunctionName');
  const frameworks =
    request.frameworks.length > 0
      ? request.frameworks
      : (await readFrameworks()).compiled.frameworks.map(({ id }) => id);
  const answer = reportAnswer.parse(await askFunction(desk, { ...request, frameworks }, REPORT_WAIT_MS));
  if (answer.answer === 'refused') return refused(answer.why);
  for (const { framework, verdicts, manifest, isOld } of answer.reports)
    tell(framework, verdicts, manifest.slice(0, -MANIFEST_PATH.length), isOld);
  return 0;
}

/** The function has 15 minutes. */
const REPORT_WAIT_MS = 900_000;

function refused(why: string): number {
  console.error(why);
  return 1;
}

function tell(
  framework: string,
  verdicts: Readonly<Record<string, number>>,
  where: string,
  isOld: boolean,
): void {
  const counts = Object.entries(verdicts).map(
    ([verdict, count]) => `${count} ${verdict.replaceAll('_', ' ')}`,
  );
  console.log(
    `${framework}: ${counts.join(', ')}${isOld ? ' (made before, of the same data)' : ''}\n  ${where}`,
  );
}

async function verify(folder: string, keys: readonly NoteKey[]): Promise<number> {
  const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile());
  const files = new Map<string, Uint8Array>();
  for (const { name } of names) files.set(name, await readFile(path.join(folder, name)));
  const note = files.get(MANIFEST_PATH);
  if (note === undefined)
    return refused(`${folder} has no ${MANIFEST_PATH}: it is no report, or an unfinished one.`);
  const verified = verifyManifest(note, files, createNoteOpener(keys));
  if (!verified.ok) return refused(verified.error);
  const { manifest, signers, deviations } = verified.value;
  for (const { path: name, what } of deviations) console.log(`✗ ${name} ${what}`);
  if (deviations.length > 0) return 1;
  const by =
    signers.length > 0 ? `signed by ${signers.join(', ')}` : 'no signature was verified: --key was not given';
  console.log(
    `✓ report ${manifest.report} is as it was made at ${manifest.made_at}, ${manifest.files.length} files; ${by}`,
  );
  return 0;
}

async function list(below: string, stage: string): Promise<number> {
  const store = createS3ReportStore(createS3(), await outputOf(stage, 'data', 'ReportBucketName'));
  for (const folder of await store.whole(below)) console.log(store.locate(folder, ''));
  for (const folder of await store.unfinished(below))
    console.log(`${store.locate(folder, '')} (no manifest: unfinished, and no report)`);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : 'report: an unknown error');
  process.exitCode = 2;
}
