/** A report as PDF: tagged, PDF/A-2a, set by Typst; the same report gives the same bytes. */
import { NodeCompiler, type PdfStandard } from '@myriaddreamin/typst-ts-node-compiler';
import type { View } from '../domain/render/view.ts';

/** @param template text of report.typ @param fonts directory of the fonts that it names */
export function createPdfRenderer(
  template: string,
  fonts: string,
): (view: View, generatedAt: number) => Buffer {
  return (view, generatedAt) => {
    // One for each report: a compiler keeps what it made.
    const compiler = NodeCompiler.create({ fontArgs: [{ fontPaths: [fonts] }] });
    const pdf = compiler.pdf(
      { mainFileContent: template, inputs: { view: JSON.stringify(view) } },
      { pdfStandard: 'a-2a' as PdfStandard, creationTimestamp: Math.floor(generatedAt / 1_000) },
    );
    compiler.evictCache(0);
    return pdf;
  };
}
