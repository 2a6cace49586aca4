import { describe, expect, test } from 'vitest';
import { reportAnswer, reportChanged, type ReportChanged } from '../../../functions/contracts/reports.ts';
import { createNoteSigner } from '../../../functions/reports/adapters/manifest-notes.ts';
import { renderForms } from '../../../functions/reports/domain/render/forms.ts';
import { manifestOf } from '../../../functions/reports/domain/render/manifest.ts';
import {
  serveReports,
  type MakeReportsDependencies,
} from '../../../functions/reports/make-reports.lambda.ts';
import { readFrameworks } from '../../../scripts/reports/project-reports.ts';
import { eventAt, timeAt } from '../../../scripts/reports/synthetic-quarter.ts';
import { LinesLogger } from '../../support/lines-logger.ts';
import { createFakeReportStore } from '../support/fake-report-store.ts';
import { aLog, DAY } from '../support/log-world.ts';

const { compiled, exceptions } = await readFrameworks();
const [FROM, UNTIL] = [Date.UTC(2026, 8, 1), Date.UTC(2026, 9, 1)];
const written = { from: FROM, until: UNTIL + 7 * DAY, entries: 200, seed: 'handler' };
const log = aLog(
  Array.from({ length: written.entries }, (_, at) => timeAt(written, at)),
  Array.from({ length: 20 }, () => 10),
  { event: (at) => eventAt(written, at) },
);
const SEPTEMBER = { frameworks: ['gdpr'], timeZone: 'UTC', from: '2026-09-01', until: '2026-10-01' };

function world(other: Partial<MakeReportsDependencies['reports']> = {}) {
  const announced: ReportChanged[] = [];
  const logger = new LinesLogger();
  const needed: MakeReportsDependencies = {
    logger,
    announce: async (event) => void announced.push(reportChanged.parse(event)),
    reports: {
      ...{ compiled, exceptions, deployment: 'test', store: createFakeReportStore() },
      clock: { now: () => UNTIL + 10 * DAY },
      log: { source: log.source, keys: log.keys.keys },
      configuration: async () => ({ missing: 'AccessDenied' }),
      render: (report) => renderForms(report, undefined),
      manifest: (report, files) => manifestOf(report, files, createNoteSigner()),
      before: async () => undefined,
      ...other,
    },
  };
  return { announced, logger, serve: (event: unknown) => serveReports(event, needed) };
}
const EMPTY = { log: { source: { ...log.source, read: async () => undefined }, keys: log.keys.keys } };

describe('the function that makes reports', () => {
  test('answers with what it made, and announces it', async () => {
    const { announced, logger, serve } = world();
    const answer = reportAnswer.parse(await serve(SEPTEMBER));
    expect(answer).toMatchObject({ answer: 'made', reports: [{ framework: 'gdpr', isOld: false }] });
    expect(announced).toMatchObject([{ framework: 'gdpr', outcome: 'created' }]);
    expect(announced[0]?.made?.manifest).toMatch(/manifest\.note$/);
    expect(logger.lines.map(({ message }) => message)).toEqual(['report_made']);
  });

  test('refuses a person a period that is not over, and a log that cannot be read, and tells of the second', async () => {
    const { announced, serve } = world(EMPTY);
    expect(await serve({ ...SEPTEMBER, until: '2026-09-01' })).toMatchObject({ answer: 'refused' });
    expect(announced).toEqual([]);
    expect(await serve(SEPTEMBER)).toMatchObject({
      answer: 'refused',
      why: expect.stringMatching(/no checkpoint/) as string,
    });
    expect(announced).toMatchObject([{ framework: 'gdpr', outcome: 'failed' }]);
  });

  test('fails for a schedule, where nobody reads an answer, so that the alarm counts it', async () => {
    const { announced, logger, serve } = world(EMPTY);
    await expect(serve({ frameworks: ['gdpr', 'soc2'], timeZone: 'UTC', last: 'monthly' })).rejects.toThrow(
      /no checkpoint/,
    );
    expect(announced.map(({ framework, outcome }) => [framework, outcome])).toEqual([
      ['gdpr', 'failed'],
      ['soc2', 'failed'],
    ]);
    expect(logger.lines).toMatchObject([{ level: 'error', message: 'reports_failed' }]);
  });

  test('tells of what a broken run has not made, by the name of the error alone', async () => {
    const hidden = 'words of a library';
    const { announced, serve } = world({ render: () => raise(hidden) });
    await expect(serve(SEPTEMBER)).rejects.toThrow(hidden);
    expect(announced).toMatchObject([{ framework: 'gdpr', outcome: 'failed', reason: 'RangeError' }]);
    expect(JSON.stringify(announced)).not.toContain(hidden);
  });

  test('takes nothing that is no request, and quotes none of it', async () => {
    const { serve } = world();
    const refused = await serve({ frameworks: ['hidden'], last: 'hidden' }).then(() => '', String);
    expect(refused).toMatch(/Not a request for reports: /);
    expect(refused).not.toContain('hidden');
  });
});

function raise(message: string): never {
  throw new RangeError(message);
}
