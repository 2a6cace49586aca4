/**
 * `npm run verify:reports -- [DIR…]`: asks qpdf, veraPDF, trestle and axe, none of them written by us, about reports:
 * those in the directories named, or generated ones and the samples of docs. Each of them must also object to a report
 * that was broken for it. The last line is JSON.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createPdfRenderer, FONT_FILES } from '../functions/reports/adapters/typst-pdf.ts';
import { renderForms } from '../functions/reports/domain/render/forms.ts';
import { FILES } from '../functions/reports/domain/render/view.ts';
import type { Report } from '../functions/reports/domain/report.ts';
import { aReport, withTexts } from '../test/support/reports/report-builder.ts';
import {
  askQpdf,
  askTrestle,
  askVeraPdf,
  createAxe,
  missingTools,
  prepareStrangers,
  type Judge,
} from './reports/strangers.ts';
import { PROJECT_ROOT } from './support/project.ts';

const SAMPLES = path.join(PROJECT_ROOT, 'docs/reports');
const HOSTILE = '"><script>alert(1)</script> =1+2 [x](javascript:y) #panic() *b* </style>';

interface Stranger {
  readonly name: string;
  readonly file: string;
  readonly judge: Judge;
  /** Makes of the file what it must object to. */
  readonly breakFile: (content: string) => string;
}

const { positionals } = parseArgs({ allowPositionals: true });
const missing = await missingTools();
if (missing.length > 0) {
  console.error(
    `verify:reports needs, and this machine lacks:\n${missing.map((each) => `  - ${each}`).join('\n')}`,
  );
  process.exit(2);
}
const below = await mkdtemp(path.join(tmpdir(), 'shhh-reports-'));
try {
  await prepareStrangers(console.error);
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : 'verify:reports: an unknown error');
  process.exitCode = 2;
} finally {
  await rm(below, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const strangers: readonly Stranger[] = [
    {
      name: 'qpdf',
      file: FILES.pdf.path,
      judge: askQpdf,
      breakFile: (pdf) => pdf.slice(0, Math.floor(pdf.length / 2)),
    },
    {
      name: 'veraPDF',
      file: FILES.pdf.path,
      judge: askVeraPdf,
      breakFile: (pdf) => pdf.replace('pdfaid:conformance>A<', 'pdfaid:conformance>B<'),
    },
    {
      name: 'trestle',
      file: FILES.oscal.path,
      judge: askTrestle,
      breakFile: (oscal) => oscal.replace('"not-satisfied"', '"more-or-less-satisfied"'),
    },
    {
      name: 'axe',
      file: FILES.html.path,
      judge: await createAxe(),
      breakFile: (html) => html.replace(/ lang="[^"]*"/, ''),
    },
  ];
  const generated = await writeGenerated();
  const directories = positionals.length > 0 ? positionals : [...generated.values(), ...samples()];
  const objections: Record<string, number> = {};
  const blind: string[] = [];
  for (const { name, file, judge, breakFile } of strangers) {
    objections[name] = 0;
    for (const directory of directories) {
      const asked = path.join(directory, file);
      if (!existsSync(asked)) continue;
      const said = await judge(asked);
      console.log(
        `${said === undefined ? '✓' : '✗'} ${name} on ${asked}${said === undefined ? '' : `: ${said}`}`,
      );
      if (said !== undefined) objections[name] += 1;
    }
    const broken = path.join(below, `broken-${name}-${file}`);
    const whole = await readFile(path.join(generated.get('quarter') ?? '', file), 'latin1');
    await writeFile(broken, breakFile(whole), 'latin1');
    const seen = (await judge(broken)) !== undefined;
    console.log(`${seen ? '✓' : '✗'} ${name} ${seen ? 'objects' : 'does not object'} to a broken ${file}`);
    if (!seen) blind.push(name);
  }
  console.log(JSON.stringify({ reports: directories.length, objections, blind }));
  const accepted = Object.values(objections).every((count) => count === 0) && blind.length === 0;
  process.exitCode = accepted ? 0 : 1;
}

/** Where each generated report was written, by what it is about. */
async function writeGenerated(): Promise<ReadonlyMap<string, string>> {
  const require = createRequire(import.meta.url);
  const render = createPdfRenderer(
    await readFile(path.join(PROJECT_ROOT, 'functions/reports/adapters/report.typ'), 'utf8'),
    await Promise.all(FONT_FILES.map((file) => readFile(require.resolve(file)))),
  );
  const reports: readonly (readonly [name: string, report: Report])[] = [
    ['quarter', aReport('quarter')],
    ['empty', aReport('empty')],
    ['missing-source', aReport('missing source')],
    ['hostile', withTexts(aReport('quarter'), () => HOSTILE)],
  ];
  const written = new Map<string, string>();
  for (const [name, report] of reports) {
    const directory = path.join(below, name);
    await mkdir(directory);
    for (const { path: file, bytes } of renderForms(report, render))
      await writeFile(path.join(directory, file), bytes);
    written.set(name, directory);
  }
  return written;
}

function samples(): string[] {
  return ['pci-dss', 'gdpr'].map((name) => path.join(SAMPLES, name)).filter((one) => existsSync(one));
}
