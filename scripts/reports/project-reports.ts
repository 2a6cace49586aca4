/** The project's own frameworks, exceptions and forms, for commands that make reports without a deployment. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { loadPdfRenderer } from '../../functions/reports/adapters/report-forms.ts';
import { exceptionsFile, type Exception } from '../../functions/reports/domain/exception.ts';
import { frameworksFile, type Frameworks } from '../../functions/reports/domain/framework.ts';
import type { RenderPdf } from '../../functions/reports/domain/render/forms.ts';
import { PROJECT_ROOT } from '../support/project.ts';

const REPORTS = path.join(PROJECT_ROOT, 'functions/reports');

export async function readFrameworks(): Promise<{
  readonly compiled: Frameworks;
  readonly exceptions: readonly Exception[];
}> {
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(path.join(REPORTS, name), 'utf8'));
  return {
    compiled: frameworksFile.parse(await read('frameworks.json')),
    exceptions: exceptionsFile.parse(await read('exceptions.json')).exceptions,
  };
}

/** Undefined on processors that Typst's binary is not published for. */
export async function loadProjectPdf(): Promise<RenderPdf | undefined> {
  if (process.arch !== 'x64') return undefined;
  return loadPdfRenderer(path.join(REPORTS, 'adapters/report.typ'), PROJECT_ROOT);
}
