/** What it takes to set pages: the template beside the code, the fonts in their packages. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { RenderPdf } from '../domain/render/forms.ts';
import { createPdfRenderer, FONT_FILES } from './typst-pdf.ts';

/**
 * @param template path of report.typ
 * @param from directory that packages are looked for from: a bundle's, or the project's
 */
export async function loadPdfRenderer(template: string, from: string): Promise<RenderPdf> {
  const { resolve } = createRequire(path.join(from, 'package.json'));
  const fonts = await Promise.all(FONT_FILES.map((file) => readFile(resolve(file))));
  return createPdfRenderer(await readFile(template, 'utf8'), fonts);
}
