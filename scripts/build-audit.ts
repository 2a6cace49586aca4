/**
 * `npm run build:audit`: checks `patterns/audit.yaml` and writes the policy that functions and constructs read. With
 * `--check` it writes nothing and fails when what is written is not what the file compiles to.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as prettier from 'prettier';
import { compilePolicy, describePolicyProblem } from './audit/compile-policy.ts';
import { createProjectScanner } from './support/project-scanner.ts';
import { PROJECT_ROOT } from './support/project.ts';

const SOURCE = 'patterns/audit.yaml';
const POLICY = 'functions/audit/policy.json';

/** @returns the exit code */
async function main(check: boolean): Promise<number> {
  const scanner = await createProjectScanner();
  const text = await readFile(path.join(PROJECT_ROOT, SOURCE), 'utf8');
  const compiled = compilePolicy({ name: SOURCE, text }, (each) => scanner.scan([each]).length > 0);
  if ('problems' in compiled) {
    for (const problem of compiled.problems) console.error(describePolicyProblem(problem));
    return 1;
  }
  const file = path.join(PROJECT_ROOT, POLICY);
  const style = await prettier.resolveConfig(file);
  const written = await prettier.format(JSON.stringify(compiled.policy), { ...style, parser: 'json' });
  if (!check) await writeFile(file, written);
  else if ((await readFile(file, 'utf8')) !== written) {
    console.error(`${POLICY} is not what ${SOURCE} compiles to: run npm run build:audit.`);
    return 1;
  }
  return 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.includes('--check'));
