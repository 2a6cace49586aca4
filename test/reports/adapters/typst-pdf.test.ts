import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { createPdfRenderer, FONT_FILES } from '../../../functions/reports/adapters/typst-pdf.ts';
import { viewOf } from '../../../functions/reports/domain/render/view.ts';
import { aReport, withMembersReversed, withTexts } from '../../support/reports/report-builder.ts';

const require = createRequire(import.meta.url);
const render = createPdfRenderer(
  readFileSync(new URL('../../../functions/reports/adapters/report.typ', import.meta.url), 'utf8'),
  FONT_FILES.map((file) => readFileSync(require.resolve(file))),
);
const pdfOf = (report = aReport()): Buffer => render(viewOf(report), report.generatedAt);
const pagesOf = (pdf: Buffer): number =>
  Number(/\/Type\s*\/Pages[^>]*?\/Count (\d+)/.exec(pdf.toString('latin1'))?.[1]);

describe('a report as PDF', () => {
  it('is tagged, in a language, and says that it is PDF/A-2a', () => {
    const pdf = pdfOf().toString('latin1');
    expect(pdf).toMatch(/^%PDF-1\.7/);
    expect(pdf).toContain('/MarkInfo');
    expect(pdf).toContain('/StructTreeRoot');
    expect(pdf).toContain('/Lang');
    expect(pdf).toMatch(/pdfaid:part>2<[\s\S]*pdfaid:conformance>A</);
  });

  it('is the same bytes for the same report, whatever order its members came in', () => {
    const [first, again] = [pdfOf(), pdfOf(withMembersReversed(aReport()))];
    expect(again.equals(first)).toBe(true);
  });

  it('is as long at another time, with that time in it', () => {
    const report = aReport('empty');
    const later = pdfOf({ ...report, generatedAt: report.generatedAt + 86_400_000 });
    expect(later.equals(pdfOf(report))).toBe(false);
    expect(later.toString('latin1')).toContain('2026-10-02T02:00:00');
    expect(pagesOf(later)).toBe(pagesOf(pdfOf(report)));
  });

  it('sets an empty period and one without its configuration', () => {
    expect(pagesOf(pdfOf(aReport('empty')))).toBeGreaterThan(5);
    expect(pagesOf(pdfOf(aReport('missing source')))).toBeGreaterThan(5);
  });

  it('reads nothing of what the report says as markup', () => {
    const text = '#panic("read as markup") #set page(width: 1pt) $x$ *b* _i_ <label> @ref \\ // = [';
    expect(pagesOf(pdfOf(withTexts(aReport('empty'), () => text)))).toBeGreaterThan(5);
  });
});
