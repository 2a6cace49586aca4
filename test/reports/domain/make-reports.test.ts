import { hash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  openExportedEntry,
  exportEntryLine,
  exportHeaderLine,
  openExport,
} from '../../../functions/audit/domain/proof-files.ts';
import { createNoteOpener, createNoteSigner } from '../../../functions/reports/adapters/manifest-notes.ts';
import { createPreviousReports } from '../../../functions/reports/adapters/previous-report.ts';
import {
  makeReports,
  type MadeReport,
  type MakeReports,
} from '../../../functions/reports/domain/make-reports.ts';
import { periodOf, type ZonedPeriod } from '../../../functions/reports/domain/period.ts';
import type { Report } from '../../../functions/reports/domain/report.ts';
import { renderForms } from '../../../functions/reports/domain/render/forms.ts';
import {
  MANIFEST_PATH,
  manifestOf,
  verifyManifest,
} from '../../../functions/reports/domain/render/manifest.ts';
import { readFrameworks } from '../../../scripts/reports/project-reports.ts';
import { eventAt, timeAt } from '../../../scripts/reports/synthetic-quarter.ts';
import { createFakeReportStore, type FakeReportStore } from '../support/fake-report-store.ts';
import { aLog, DAY, HOUR, type LogWorld } from '../support/log-world.ts';

const ENTRIES = 1_000;
const [{ compiled, exceptions }, quarter] = [
  await readFrameworks(),
  mustBe(periodOf('2026-07-01', '2026-10-01', 'Europe/Berlin')),
];
// A week longer than the quarter: responses may come behind it.
const written = {
  from: quarter.from,
  until: quarter.until + 7 * DAY,
  entries: ENTRIES,
  seed: 'make-reports',
};
const log = aLog(
  Array.from({ length: ENTRIES }, (_, index) => timeAt(written, index)),
  Array.from({ length: ENTRIES / 10 }, () => 10),
  { event: (index) => eventAt(written, index) },
);

function mustBe<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

const digests = (made: readonly Report[]): readonly string[] =>
  made.flatMap((report) =>
    renderForms({ ...report, generatedAt: 0 }, undefined).map(
      ({ path, bytes }) => `${path} ${hash('sha256', bytes, 'hex')}`,
    ),
  );

let store: FakeReportStore;
let reports: Report[];
let announced: MadeReport[];
beforeEach(() => {
  store = createFakeReportStore();
  [reports, announced] = [[], []];
});

const NOW = quarter.until + 30 * DAY;
const ports = (other: Partial<MakeReports> = {}, now = NOW, world: LogWorld = log): MakeReports => ({
  ...{ compiled, exceptions, store, deployment: 'test', clock: { now: () => now } },
  log: { source: world.source, keys: world.keys.keys },
  configuration: async () => ({ facts: [], unread: [] }),
  render(report) {
    reports.push(report);
    return renderForms(report, undefined);
  },
  manifest: (report, files) => manifestOf(report, files, createNoteSigner()),
  before: createPreviousReports(store, createNoteOpener([])),
  made: async (report) => void announced.push(report),
  ...other,
});
const make = (period: ZonedPeriod = quarter, other?: Partial<MakeReports>, now?: number, world?: LogWorld) =>
  makeReports({ frameworks: ['pci-dss-4.0.1', 'gdpr'], period }, ports(other, now, world));

describe('reports on a quarter', () => {
  it('come from one pass, each in a folder of its own with a manifest that holds', async () => {
    const made = mustBe(await make());
    expect(made.map(({ framework }) => framework.id)).toEqual(['pci-dss-4.0.1', 'gdpr']);
    expect(announced).toEqual(made);
    for (const { folder, id, isOld } of made) {
      expect(folder).toMatch(
        /^(pci-dss-4\.0\.1|gdpr)\/2026-07-01_2026-10-01\/[0-9a-f-]{36}\/20261030T220000Z\/$/,
      );
      expect(isOld).toBe(false);
      const files = store.filesOf(folder);
      const verified = mustBe(
        verifyManifest(files.get(MANIFEST_PATH) ?? Buffer.alloc(0), files, createNoteOpener([])),
      );
      expect(verified).toMatchObject({ deviations: [], manifest: { report: id } });
    }
    expect(reports[0]?.entries).toBeGreaterThan(900);
    expect(reports[0]?.incidents.length).toBeGreaterThan(1);
  });

  it('name entries that `shhh-audit` proves to be in the log, every one of them', async () => {
    mustBe(await make());
    for (const report of reports) {
      const evidence = report.controls.flatMap(({ tests }) =>
        tests.flatMap(({ sampled, failing }) => [
          ...sampled,
          ...failing.flatMap(({ evidence: one }) => one ?? []),
        ]),
      );
      expect(evidence.length).toBeGreaterThan(50);
      const opened = mustBe(
        openExport(exportHeaderLine(Buffer.from(report.log.checkpoint), log.keys.keys), log.keys.keys),
      );
      for (const { seq, proof, subject } of evidence) {
        const line = exportEntryLine({
          index: seq,
          bytes: log.entries[seq] ?? Buffer.alloc(0),
          proof: proof.map((hash) => Buffer.from(hash, 'hex')),
        });
        expect(mustBe(openExportedEntry(line, opened))).toMatchObject({ index: seq, entry: { subject } });
      }
    }
  });

  it('made again are the same bytes but for their stated time, also when the log has grown', async () => {
    mustBe(await make());
    const first = digests(reports);
    reports = [];
    store = createFakeReportStore();
    mustBe(await make(quarter, {}, NOW + 90 * DAY));
    expect(digests(reports)).toEqual(first);
  });

  it('made twice lie there once, and are announced again', async () => {
    const first = mustBe(await make());
    const again = mustBe(await make(quarter, {}, NOW + HOUR));
    expect(again.map(({ isOld }) => isOld)).toEqual([true, true]);
    expect(again.map(({ folder, manifestSha256 }) => [folder, manifestSha256])).toEqual(
      first.map(({ folder, manifestSha256 }) => [folder, manifestSha256]),
    );
    expect(announced).toHaveLength(4);
  });

  it('of other settings are other reports beside the first', async () => {
    const [first] = mustBe(await make());
    const [other] = mustBe(
      await make(quarter, {
        configuration: async () => ({
          facts: [{ name: 'bucket.versioned', subject: 'b', value: false }],
          unread: [],
        }),
      }),
    );
    expect(other?.id).not.toBe(first?.id);
    expect(other?.isOld).toBe(false);
  });

  it('tell what the period before said, where there is a report on it', async () => {
    const before = mustBe(periodOf('2026-04-01', '2026-07-01', 'Europe/Berlin'));
    const [earlier] = mustBe(await make(before));
    mustBe(await make());
    expect(reports[0]?.before).toBeUndefined();
    expect(reports[2]?.before).toEqual(earlier?.verdicts);
  });
});

describe('a period', () => {
  it('in which nothing happened is a report that says so', async () => {
    const empty = mustBe(periodOf('2026-01-01', '2026-02-01', 'UTC'));
    mustBe(await make(empty));
    expect(reports[0]).toMatchObject({ entries: 0, incidents: [] });
    expect(reports[0]?.verdicts.not_applicable).toBeGreaterThan(5);
  });

  it('over the end of daylight saving has the entries of its 25 hours, and no other', async () => {
    const day = mustBe(periodOf('2026-10-25', '2026-10-26', 'Europe/Berlin'));
    const from = day.from - 2 * HOUR;
    const at = Array.from({ length: 29 }, (_, hour) => from + hour * HOUR);
    const hours = aLog(
      at,
      at.map(() => 1),
    );
    mustBe(await make(day, {}, NOW, hours));
    expect(reports[0]?.entries).toBe(25);
  });

  it('that is still to come is refused', async () => {
    expect(await make(quarter, {}, quarter.from - 1)).toMatchObject({ ok: false });
  });

  it('that is not over says what is pending', async () => {
    const now = timeAt(written, 700);
    mustBe(await make(quarter, {}, now));
    expect(reports[0]?.generatedAt).toBe(now);
  });
});

describe('a source that is missing', () => {
  it('is named where it is the configuration, and what asks about it is incomplete', async () => {
    mustBe(await make(quarter, { configuration: async () => ({ missing: 'AccessDenied' }) }));
    expect(reports[0]?.sources).toContainEqual({ name: 'configuration', missing: 'AccessDenied' });
    expect(reports[0]?.verdicts.incomplete).toBeGreaterThan(0);
  });

  it('is a clear refusal where it is the log, and nothing is written', async () => {
    const broken = { ...log.source, read: async () => undefined };
    const made = await make(quarter, { log: { source: broken, keys: log.keys.keys } });
    expect(made).toMatchObject({ ok: false, error: expect.stringMatching(/no checkpoint/) as string });
    expect(store.files.size).toBe(0);
  });

  it('is a failure where the store breaks off: what was written has no manifest, and the next run makes it whole', async () => {
    const render: MakeReports['render'] = () =>
      ['a', 'b', 'c'].map((path) => ({ path, mediaType: 'text/plain', bytes: Buffer.from(path) }));
    for (const breaksAt of [1, 2, 4]) {
      store = createFakeReportStore();
      store.breakAt(breaksAt);
      await expect(make(quarter, { render })).rejects.toThrow('broken off');
      expect(await store.whole('')).toEqual([]);
      if (breaksAt > 1) expect(await store.unfinished('')).toHaveLength(1);
      store.breakAt(undefined);
      mustBe(await make(quarter, { render }, NOW + HOUR));
      expect(await store.whole('')).toHaveLength(2);
    }
  });
});

it('a framework that nobody knows is refused by name, with those that there are', async () => {
  const made = await makeReports({ frameworks: ['pci'], period: quarter }, ports());
  expect(made).toMatchObject({
    ok: false,
    error: expect.stringMatching(/no framework pci: .*gdpr/) as string,
  });
});
