import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  renderControlsCsv,
  renderEntriesCsv,
  renderEvidenceCsv,
  renderIncidentsCsv,
} from '../../../../functions/reports/domain/render/csv.ts';
import { evidenceOf } from '../../../../functions/reports/domain/render/view.ts';
import type { Report } from '../../../../functions/reports/domain/report.ts';
import { aReport, hostileText, withTexts } from '../../../support/reports/report-builder.ts';

const TABLES = [renderControlsCsv, renderEvidenceCsv, renderEntriesCsv, renderIncidentsCsv];
const rowsOf = (csv: string): Record<string, string>[] =>
  parse(csv, { columns: true, record_delimiter: '\r\n', relax_quotes: false });

describe('a report as CSV', () => {
  it('has one line for each test of each control, and one for a control without tests', () => {
    const { controls } = aReport();
    const rows = rowsOf(renderControlsCsv(aReport()));
    expect(rows).toHaveLength(controls.reduce((sum, { tests }) => sum + Math.max(1, tests.length), 0));
    expect(rows.find(({ control }) => control === '11.5.1')).toMatchObject({
      verdict: 'not_covered',
      test: '',
    });
  });

  it('names every failure and every sampled entry once, though a test shows several controls', () => {
    const report = aReport();
    const rows = rowsOf(renderEvidenceCsv(report));
    const failed = rows.filter(
      ({ test, kind }) => test === 'leaks-are-revoked-in-time' && kind === 'failure',
    );
    expect(failed).toHaveLength(37);
    expect(failed.filter(({ exception }) => exception === 'EX-2026-07')).toHaveLength(9);
  });

  it('gives every entry that the report refers to, with its leaf hash and its whole proof', () => {
    const report = aReport();
    const rows = rowsOf(renderEntriesCsv(report));
    expect(rows.map((row) => [row['entry'], row['leaf_hash'], row['proof'], row['tree_size']])).toEqual(
      evidenceOf(report).map(({ seq, leafHash, proof }) => [
        String(seq),
        leafHash,
        proof.join(' '),
        '1000000',
      ]),
    );
    const named = rowsOf(renderEvidenceCsv(report)).flatMap(({ entry }) => (entry === '' ? [] : entry));
    expect(new Set(named)).toEqual(new Set(rows.map(({ entry }) => entry)));
  });

  it('has every incident, those too that the pages do not show', () => {
    const report = aReport();
    expect(rowsOf(renderIncidentsCsv(report)).map(({ fingerprint }) => fingerprint)).toEqual(
      report.incidents.map(({ fingerprint }) => fingerprint),
    );
  });

  it('has its header lines and nothing else when nothing happened', () => {
    const empty = aReport('empty');
    for (const table of [renderEvidenceCsv, renderEntriesCsv, renderIncidentsCsv])
      expect(table(empty).split('\r\n')).toHaveLength(2);
  });

  it('keeps every field in its place and makes no formula, whatever the report says', () => {
    const fields = (csv: string): string[][] => parse(csv, { record_delimiter: '\r\n' });
    const shape = (report: Report) => TABLES.map((table) => fields(table(report)).map((row) => row.length));
    const harmless = shape(withTexts(aReport(), () => 'x'));
    fc.assert(
      fc.property(fc.array(hostileText, { minLength: 1, maxLength: 5 }), (texts) => {
        let at = 0;
        const report = withTexts(aReport(), () => texts[(at += 1) % texts.length] ?? '');
        expect(shape(report)).toEqual(harmless);
        for (const table of TABLES) {
          const csv = table(report);
          // Whatever a spreadsheet takes for the separator, and whether it honours the quotes or not.
          for (const part of csv.split(/[,;|\t\r\n"]/))
            expect(part).not.toMatch(/^[\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]/u);
          expect(csv).not.toContain('\0');
        }
      }),
      { numRuns: 15 },
    );
  });

  it('gives a harmless value back as it was', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z][A-Za-z0-9 .:/_-]{0,40}$/), (text) => {
        const report = withTexts(aReport(), () => text);
        for (const { subject } of rowsOf(renderEntriesCsv(report))) expect(subject).toBe(text);
      }),
      { numRuns: 10 },
    );
  });
});
