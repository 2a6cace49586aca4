/** A report as PDF: tagged, PDF/A-2a, set by Typst; the same report gives the same bytes. */
import { NodeCompiler, PdfStandard } from '@myriaddreamin/typst-ts-node-compiler';
import type { View } from '../domain/render/view.ts';

/** The fonts that report.typ names, below `node_modules`. Licence: SIL Open Font License 1.1. */
export const FONT_FILES = [
  '@expo-google-fonts/ibm-plex-sans/400Regular/IBMPlexSans_400Regular.ttf',
  '@expo-google-fonts/ibm-plex-sans/400Regular_Italic/IBMPlexSans_400Regular_Italic.ttf',
  '@expo-google-fonts/ibm-plex-sans/600SemiBold/IBMPlexSans_600SemiBold.ttf',
  '@expo-google-fonts/ibm-plex-mono/400Regular/IBMPlexMono_400Regular.ttf',
] as const;

/**
 * @param template text of report.typ
 * @param fonts {@link FONT_FILES}, read. No font of the machine is used: it would make other bytes of it elsewhere.
 */
export function createPdfRenderer(
  template: string,
  fonts: readonly Buffer[],
): (view: View, generatedAt: number) => Buffer {
  return (view, generatedAt) => {
    // One for each report: a compiler keeps what it made.
    const compiler = NodeCompiler.create({ fontArgs: [{ fontBlobs: [...fonts] }] });
    const pdf = compiler.pdf(
      { mainFileContent: template, inputs: { view: JSON.stringify(view) } },
      { pdfStandard: PdfStandard.A_2a, creationTimestamp: Math.floor(generatedAt / 1_000) },
    );
    compiler.evictCache(0);
    return pdf;
  };
}
