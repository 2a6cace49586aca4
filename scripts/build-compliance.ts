/**
 * `npm run build:compliance`: checks `patterns/compliance/*.yaml` and writes the frameworks and exceptions that reports
 * are made by, and the tables of docs/reports.md. With `--check` it writes nothing and fails when what is written is not what the files
 * compile to.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as prettier from 'prettier';
import policy from '../functions/audit/policy.json' with { type: 'json' };
import { auditPolicy } from '../functions/contracts/audit-policy.ts';
import { describePolicyProblem } from './audit/compile-policy.ts';
import { compileFrameworks, type ComplianceFile } from './compliance/compile-frameworks.ts';
import { partsOfDocument } from './compliance/document.ts';
import { withGeneratedParts } from './support/documents.ts';
import { createProjectScanner } from './support/project-scanner.ts';
import { PROJECT_ROOT } from './support/project.ts';

const FOLDER = 'patterns/compliance';
const FRAMEWORKS = 'functions/reports/frameworks.json';
const EXCEPTIONS = 'functions/reports/exceptions.json';
const DOCUMENT = 'docs/reports.md';

/** Every file of the project, in the order of their names. */
export async function readComplianceFiles(): Promise<readonly ComplianceFile[]> {
  const folder = path.join(PROJECT_ROOT, FOLDER);
  const found = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).toSorted();
  return Promise.all(
    found.map(async (name) => ({
      name: `${FOLDER}/${name}`,
      text: await readFile(path.join(folder, name), 'utf8'),
    })),
  );
}

/** Members that the log's policy keeps out of entries. */
export function keptOut(): readonly string[] {
  const { privacy, events } = auditPolicy.parse(policy);
  return [
    ...privacy.drop,
    ...privacy.personal,
    ...Object.values(events).flatMap((settings) => settings.beside ?? []),
  ];
}

/** @returns the exit code */
async function main(check: boolean): Promise<number> {
  const scanner = await createProjectScanner();
  const looksSecret = (text: string): boolean => scanner.scan([text]).length > 0;
  const result = compileFrameworks(await readComplianceFiles(), looksSecret, keptOut());
  if ('problems' in result) {
    for (const problem of result.problems) console.error(describePolicyProblem(problem));
    return 1;
  }
  const document = await readFile(path.join(PROJECT_ROOT, DOCUMENT), 'utf8');
  const { exceptions, ...frameworks } = result.compiled;
  const written = {
    [FRAMEWORKS]: JSON.stringify(frameworks),
    [EXCEPTIONS]: JSON.stringify({ exceptions }),
    [DOCUMENT]: withGeneratedParts(document, partsOfDocument(frameworks)),
  };
  let code = 0;
  for (const [name, content] of Object.entries(written)) {
    const file = path.join(PROJECT_ROOT, name);
    const text = await prettier.format(content, { ...(await prettier.resolveConfig(file)), filepath: file });
    if (!check) await writeFile(file, text);
    else if ((await readFile(file, 'utf8')) !== text) {
      console.error(`${name} is not what ${FOLDER} compiles to: run npm run build:compliance.`);
      code = 1;
    }
  }
  return code;
}

if (import.meta.main) process.exitCode = await main(process.argv.includes('--check'));
