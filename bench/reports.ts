/**
 * `npm run bench:reports [-- --events N] [--disk]`: the reports on a quarter of N events, by a process of their own, from
 * the emulator's S3 into it as the deployed function does, or from a copy of the log on disk. All are made from one pass
 * over the log: the slowest is done when the last of them is, and nothing is taken off for what they share. The last line
 * is JSON: `{"events","slowestSeconds","maxRssMb"}`.
 */
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { systemClock } from '../functions/kernel/clock.ts';
import { parseVkey } from '../functions/kernel/tlog/signed-note.ts';
import { createDirectorySource } from '../functions/platform/directory-log-source.ts';
import { createS3Source } from '../functions/platform/s3-log-source.ts';
import { createDirectoryReportStore } from '../functions/reports/adapters/directory-report-store.ts';
import { createNoteSigner } from '../functions/reports/adapters/manifest-notes.ts';
import { createS3ReportStore } from '../functions/reports/adapters/s3-report-store.ts';
import { makeReports } from '../functions/reports/domain/make-reports.ts';
import { periodOf } from '../functions/reports/domain/period.ts';
import { renderForms } from '../functions/reports/domain/render/forms.ts';
import { manifestOf } from '../functions/reports/domain/render/manifest.ts';
import { createSyntheticKeys, writeSyntheticLog } from '../scripts/audit/synthetic-log.ts';
import { localClientOptions, startEmulator } from '../scripts/emulator.ts';
import { loadProjectPdf, readFrameworks } from '../scripts/reports/project-reports.ts';
import { eventAt, timeAt } from '../scripts/reports/synthetic-quarter.ts';
import { runCommand } from '../scripts/support/run-command.ts';

const TIME_ZONE = 'Europe/Berlin';
const [FIRST, END] = ['2026-07-01', '2026-10-01'];
/** Entries that the sequencer takes in at once, at most: 1,024. */
const BATCH = 1_024;
const BUCKET = 'bench';
const UPLOADS = 16;

const measured = z.object({
  seconds: z.number(),
  cpuSeconds: z.number(),
  maxRssMb: z.number(),
  reports: z.array(z.string()),
});

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    disk: { type: 'boolean', default: false },
    /** Where it is measured: a directory, or the emulator. */
    log: { type: 'string' },
    key: { type: 'string', multiple: true },
  },
});

/** In a process of its own, so that nothing of what wrote the log is in its memory. */
async function measure(log: string, vkeys: readonly string[]): Promise<void> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const keys = vkeys.map((vkey) => {
    const key = parseVkey(vkey);
    if (!key.ok) throw new Error(key.error);
    return key.value;
  });
  const period = periodOf(FIRST, END, TIME_ZONE);
  if (!period.ok) throw new Error(period.error);
  const [{ compiled, exceptions }, pdf] = [await readFrameworks(), await loadProjectPdf()];
  const { source, store } = placesOf(log);
  const done: string[] = [];
  const seconds = () => (performance.now() - start) / 1_000;
  const made = await makeReports(
    { frameworks: compiled.frameworks.map(({ id }) => id), period: period.value },
    {
      ...{ compiled, exceptions, deployment: 'bench', clock: systemClock },
      log: { source, keys },
      configuration: async () => ({ facts: [], unread: [] }),
      render: (report) => renderForms(report, pdf),
      async manifest(report, files) {
        done.push(`${report.framework.id} after ${seconds().toFixed(1)} s`);
        return manifestOf(report, files, createNoteSigner());
      },
      before: async () => undefined,
      made: async () => undefined,
      store,
    },
  );
  if (!made.ok) throw new Error(made.error);
  const { user, system } = process.cpuUsage(cpu);
  console.log(
    JSON.stringify({
      seconds: seconds(),
      cpuSeconds: (user + system) / 1e6,
      maxRssMb: process.resourceUsage().maxRSS / 1_024,
      reports: done,
    }),
  );
}

const s3At = (endpoint: string) => new S3Client({ ...localClientOptions(endpoint), forcePathStyle: true });

/** @param log a directory, or the emulator's address */
function placesOf(log: string) {
  if (!log.startsWith('http'))
    return { source: createDirectorySource(log), store: createDirectoryReportStore(path.join(log, 'out')) };
  const s3 = s3At(log);
  return { source: createS3Source(s3, BUCKET), store: createS3ReportStore(s3, BUCKET) };
}

async function upload(directory: string, endpoint: string): Promise<void> {
  const s3 = s3At(endpoint);
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const files = (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)));
  const start = performance.now();
  const total = files.length;
  await Promise.all(
    Array.from({ length: UPLOADS }, async () => {
      for (let file = files.pop(); file !== undefined; file = files.pop())
        await s3.send(
          new PutObjectCommand({
            Bucket: BUCKET,
            Key: file,
            Body: await readFile(path.join(directory, file)),
          }),
        );
    }),
  );
  console.log(
    `${total} objects in the emulator's S3 after ${((performance.now() - start) / 1_000).toFixed(1)} s`,
  );
}

async function bench(entries: number): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'shhh-reports-bench-'));
  try {
    const period = periodOf(FIRST, END, TIME_ZONE);
    if (!period.ok) throw new Error(period.error);
    const quarter = { ...period.value, entries, seed: 'bench' };
    const keys = createSyntheticKeys('shhh.example/audit/bench');
    const start = performance.now();
    const { bytes } = await writeSyntheticLog({
      ...{ directory, keys, entries, batch: BATCH },
      event: (at) => eventAt(quarter, at),
      loggedAt: (at) => timeAt(quarter, at) + 3_000,
    });
    const writing = ((performance.now() - start) / 1_000).toFixed(1);
    console.log(`a log of ${entries} entries, ${Math.round(bytes / 2 ** 20)} MB, written in ${writing} s`);
    const vkeys = [keys.ed25519, keys.ecdsa].flatMap(({ vkey }) => ['--key', vkey]);
    const lines: string[] = [];
    const emulator = values.disk ? undefined : await startEmulator();
    try {
      if (emulator !== undefined) await upload(directory, emulator.endpoint);
      const log = emulator?.endpoint ?? directory;
      await runCommand(process.execPath, [import.meta.filename, '--log', log, ...vkeys], {
        onLine: (line) => lines.push(line),
      });
    } finally {
      await emulator?.stop();
    }
    const { seconds, cpuSeconds, maxRssMb, reports } = measured.parse(JSON.parse(lines.at(-1) ?? ''));
    for (const report of reports) console.log(report);
    console.log(
      `${reports.length} reports in ${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of CPU), ${Math.round(maxRssMb)} MB at most`,
    );
    console.log(
      JSON.stringify({
        events: entries,
        slowestSeconds: Number(seconds.toFixed(1)),
        maxRssMb: Math.round(maxRssMb),
      }),
    );
    process.exitCode = seconds < 60 && maxRssMb < 1_024 ? 0 : 1;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

if (values.log === undefined) await bench(Number(values.events));
else await measure(values.log, values.key ?? []);
