/**
 * `npm run sample:reports`: writes the samples of docs/reports, with the project's own frameworks, from a generated log of
 * two quarters and generated settings. What the samples tell of has not happened.
 */
import { hash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AuditEvent } from '../functions/contracts/audit.ts';
import { createDirectorySource } from '../functions/platform/directory-log-source.ts';
import { createDirectoryReportStore } from '../functions/reports/adapters/directory-report-store.ts';
import { createNoteOpener, createNoteSigner } from '../functions/reports/adapters/manifest-notes.ts';
import { createPreviousReports } from '../functions/reports/adapters/previous-report.ts';
import type { Exception } from '../functions/reports/domain/exception.ts';
import type { Configuration, Fact, FactName } from '../functions/reports/domain/facts.ts';
import { makeReports } from '../functions/reports/domain/make-reports.ts';
import { periodOf } from '../functions/reports/domain/period.ts';
import { renderForms } from '../functions/reports/domain/render/forms.ts';
import { manifestOf } from '../functions/reports/domain/render/manifest.ts';
import { FILES } from '../functions/reports/domain/render/view.ts';
import { createSyntheticKeys, writeSyntheticLog } from './audit/synthetic-log.ts';
import { loadProjectPdf, readFrameworks } from './reports/project-reports.ts';
import { eventAt, timeAt, type Quarter } from './reports/synthetic-quarter.ts';
import { PROJECT_ROOT } from './support/project.ts';

const SAMPLES = { 'pci-dss-4.0.1': 'pci-dss', gdpr: 'gdpr' } as const;
const TIME_ZONE = 'Europe/Berlin';
const [BEFORE, FIRST, END] = ['2026-04-01', '2026-07-01', '2026-10-01'];
/** In both quarters together. */
const ENTRIES = 20_000;
const MADE_AT = Date.UTC(2026, 9, 1, 4);

const SECRETS = ['ci-registry', 'payments-settlement', 'search-index', 'mail-relay', 'metrics', 'old-ledger'];
const SETTINGS: readonly (readonly [name: FactName, value: Fact['value'], subjects: readonly string[]])[] = [
  ['log.lock-mode', 'COMPLIANCE', ['shhh-sample-audit-log']],
  ['log.lock-days', 2_557, ['shhh-sample-audit-log']],
  ['bucket.encryption', 'aws:kms', ['shhh-sample-audit-log', 'shhh-sample-reports']],
  ['bucket.versioned', true, ['shhh-sample-audit-log', 'shhh-sample-reports']],
  ['bucket.public-access-blocked', true, ['shhh-sample-audit-log', 'shhh-sample-reports']],
  ['bucket.tls-only', true, ['shhh-sample-audit-log', 'shhh-sample-reports']],
  ['key.enabled', true, ['alias/shhh-sample-quarantine', 'alias/shhh-sample-evidence']],
  ['key.rotates', true, ['alias/shhh-sample-quarantine', 'alias/shhh-sample-evidence']],
  ['key.open-to-all', false, ['alias/shhh-sample-quarantine', 'alias/shhh-sample-evidence']],
  ['key.origin', 'AWS_KMS', ['alias/shhh-sample-quarantine', 'alias/shhh-sample-evidence']],
  ['table.own-key', true, ['shhh-sample-quarantine', 'shhh-sample-rotations']],
  ['table.recoverable', true, ['shhh-sample-quarantine', 'shhh-sample-rotations']],
  ['table.deletion-protected', true, ['shhh-sample-quarantine', 'shhh-sample-rotations']],
  ['table.expires-items', true, ['shhh-sample-quarantine']],
  ['logs.retention-days', 365, ['/aws/lambda/shhh-sample-detection', '/aws/lambda/shhh-sample-audit']],
  ['managed-secret.own-key', true, SECRETS],
  ['queue.encrypted', true, ['shhh-sample-segments', 'shhh-sample-alerts']],
  ['alarm.armed', true, ['detection-dead-letters', 'audit-log-deviates', 'revocations-stuck']],
];
/** The last of them is older than 90 days. */
const AGES = [3, 12, 31, 47, 88, 163];

const configuration: Configuration = {
  facts: [
    ...SETTINGS.flatMap(([name, value, subjects]) => subjects.map((subject) => ({ name, subject, value }))),
    ...SECRETS.map((subject, at) => ({
      name: 'managed-secret.age-days' as const,
      subject,
      value: AGES[at] ?? 0,
    })),
  ],
  unread: [],
};

const exceptions: readonly Exception[] = [
  {
    id: 'EX-2026-04',
    test: 'managed-secrets-are-young',
    subjects: ['old-ledger'],
    reason: 'The ledger takes no second credential; it is retired in December, and watched until then.',
    owner: 'ada.lovelace@payments.example',
    acceptedOn: '2026-05-04',
    expiresOn: '2026-12-31',
  },
];

/** Parts of the time from a leak to the proof of its death after which the entries of its story come. */
const PARTS = [0, 0.05, 0.1, 0.3, 0.6, 1, 3, 2];

/** An entry of a leak's story, at a pace of its own: half are over within half a minute, one in ten takes half an hour and more. */
function answeredSooner(quarter: Quarter, at: number): AuditEvent {
  const event = eventAt(quarter, at);
  const part = PARTS[at % 100];
  if (part === undefined) return event;
  const found = at - (at % 100);
  const drawn = hash('sha256', `${quarter.seed}\n${found}\npace`, 'buffer').readUInt32BE() / 2 ** 32;
  const seconds = 10 * Math.exp(7 * drawn ** 3);
  return { ...event, time: new Date(timeAt(quarter, found) + seconds * part * 1_000).toISOString() };
}

function period(from: string, until: string) {
  const made = periodOf(from, until, TIME_ZONE);
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

const below = await mkdtemp(path.join(tmpdir(), 'shhh-sample-reports-'));
try {
  const keys = createSyntheticKeys('shhh.example/audit/sample');
  const log = path.join(below, 'log');
  const both = { ...period(BEFORE, END), entries: ENTRIES, seed: 'sample' };
  await writeSyntheticLog({
    ...{ directory: log, keys, entries: ENTRIES, batch: 256 },
    event: (at) => answeredSooner(both, at),
    loggedAt: (at) => timeAt(both, at) + 3_000,
  });
  const store = createDirectoryReportStore(path.join(below, 'out'));
  const [{ compiled }, pdf] = [await readFrameworks(), await loadProjectPdf()];
  for (const [from, until] of [
    [BEFORE, FIRST],
    [FIRST, END],
  ] as const) {
    const made = await makeReports(
      { frameworks: Object.keys(SAMPLES), period: period(from, until) },
      {
        ...{ compiled, exceptions, store },
        deployment: 'shhh-sample, account 123456789012, eu-central-1',
        log: { source: createDirectorySource(log), keys: [keys.ed25519, keys.ecdsa] },
        configuration: async () => configuration,
        render: (report) => renderForms(report, pdf),
        manifest: (report, files) => manifestOf(report, files, createNoteSigner()),
        made: async () => undefined,
        before: createPreviousReports(store, createNoteOpener([])),
        clock: { now: () => MADE_AT },
      },
    );
    if (!made.ok) throw new Error(made.error);
    if (from !== FIRST) continue;
    for (const [framework, name] of Object.entries(SAMPLES)) {
      const report = made.value.find((one) => one.framework.id === framework);
      if (report === undefined) throw new Error(`There is no report on ${framework}.`);
      const directory = path.join(PROJECT_ROOT, 'docs/reports', name);
      await mkdir(directory, { recursive: true });
      for (const { path: file } of [FILES.pdf, FILES.html])
        await copyFile(store.locate(report.folder, file), path.join(directory, file));
      console.log(`${framework}: docs/reports/${name}`);
    }
  }
} finally {
  await rm(below, { recursive: true, force: true });
}
