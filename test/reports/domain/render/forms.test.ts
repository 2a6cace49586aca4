import { describe, expect, it } from 'vitest';
import { renderForms, type ReportFile } from '../../../../functions/reports/domain/render/forms.ts';
import { FILES } from '../../../../functions/reports/domain/render/view.ts';
import type { Report } from '../../../../functions/reports/domain/report.ts';
import { aReport, withMembersReversed } from '../../../support/reports/report-builder.ts';

const WORLDS = ['quarter', 'empty', 'missing source'] as const;
const render = (report: Report): readonly ReportFile[] =>
  renderForms(report, (view, generatedAt) => Buffer.from(JSON.stringify({ view, generatedAt })));
const text = ({ bytes }: ReportFile): string => Buffer.from(bytes).toString();

describe('the forms of a report', () => {
  it('are those that the report says it consists of', () => {
    expect(render(aReport()).map(({ path }) => path)).toEqual(Object.values(FILES).map(({ path }) => path));
  });

  it.each(WORLDS)('are the same bytes for the same data, in whatever order its members came: %s', (world) => {
    const forms = render(aReport(world)).filter(({ path }) => path !== FILES.pdf.path);
    const again = render(withMembersReversed(aReport(world))).filter(({ path }) => path !== FILES.pdf.path);
    expect(again.map(text)).toEqual(forms.map(text));
  });

  it('differ at another time in that time only', () => {
    const report = aReport();
    const later = { ...report, generatedAt: report.generatedAt + 3 * 86_400_000 + 65_000 };
    const timeless = (file: ReportFile) =>
      text(file)
        .replaceAll(/2026-10-0[14]T0[23]:0[01]:[0-9.]+Z/g, 'MADE')
        .replaceAll(/2026-10-0[14] 04:0[01]/g, 'MADE')
        .replaceAll(/"generatedAt":\d+/g, 'MADE');
    const [forms, others] = [render(report), render(later)];
    expect(others.map(timeless)).toEqual(forms.map(timeless));
    const differing = forms
      .filter((file, at) => text(file) !== text(others[at] ?? file))
      .map(({ path }) => path);
    expect(differing).toEqual([FILES.html.path, FILES.pdf.path, FILES.oscal.path]);
  });
});
