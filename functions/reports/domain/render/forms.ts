/** All forms of a report, from the report alone. */
import type { Report } from '../report.ts';
import { renderControlsCsv, renderEntriesCsv, renderEvidenceCsv, renderIncidentsCsv } from './csv.ts';
import { renderHtml } from './html.ts';
import { renderOscal } from './oscal.ts';
import { FILES, viewOf, type View } from './view.ts';

/** A file of a report, with its path below the report's own place. */
export interface ReportFile {
  readonly path: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Port: sets the pages as PDF, whose stated time is `generatedAt`, milliseconds since the epoch. */
export type RenderPdf = (view: View, generatedAt: number) => Uint8Array;

const CSV = 'text/csv; charset=utf-8; header=present';

/**
 * The same bytes for the same report: what differs at another `generatedAt` is that time, where it is stated.
 * @param pdf undefined on a machine that Typst's binary is not published for: the rest is made
 */
export function renderForms(report: Report, pdf: RenderPdf | undefined): readonly ReportFile[] {
  const view = viewOf(report);
  const text = (file: { readonly path: string }, mediaType: string, content: string): ReportFile => ({
    path: file.path,
    mediaType,
    bytes: Buffer.from(content),
  });
  return [
    text(FILES.html, 'text/html; charset=utf-8', renderHtml(view)),
    ...(pdf === undefined
      ? []
      : [{ path: FILES.pdf.path, mediaType: 'application/pdf', bytes: pdf(view, report.generatedAt) }]),
    text(FILES.oscal, 'application/json', renderOscal(report)),
    text(FILES.controls, CSV, renderControlsCsv(report)),
    text(FILES.evidence, CSV, renderEvidenceCsv(report)),
    text(FILES.entries, CSV, renderEntriesCsv(report)),
    text(FILES.incidents, CSV, renderIncidentsCsv(report)),
  ];
}
