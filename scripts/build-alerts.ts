/**
 * `node scripts/build-alerts.ts`: checks `patterns/alerts/*.yml` and writes the rules that the evaluator runs. With
 * `--check` it writes nothing and fails when the written rules are not what the files compile to.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as prettier from 'prettier';
import { compileRules, describeRuleProblem, type RuleFile } from './alerts/compile-rules.ts';
import { createProjectScanner } from './support/project-scanner.ts';
import { PROJECT_ROOT } from './support/project.ts';

const RULES = path.join(PROJECT_ROOT, 'functions/alerts/rules.json');

/** Every rule file of the project, in the order of their names. */
export async function readRuleFiles(): Promise<readonly RuleFile[]> {
  const folder = path.join(PROJECT_ROOT, 'patterns/alerts');
  const found = (await readdir(folder)).filter((name) => name.endsWith('.yml')).toSorted();
  return Promise.all(
    found.map(async (name) => ({
      name: `patterns/alerts/${name}`,
      text: await readFile(path.join(folder, name), 'utf8'),
    })),
  );
}

/** @returns whether our own scanner finds a credential in a text */
export async function createSecretCheck(): Promise<(text: string) => boolean> {
  const scanner = await createProjectScanner();
  return (text) => scanner.scan([text]).length > 0;
}

async function main(check: boolean): Promise<number> {
  const compiled = compileRules(await readRuleFiles(), await createSecretCheck());
  if ('problems' in compiled) {
    for (const problem of compiled.problems) console.error(describeRuleProblem(problem));
    return 1;
  }
  const style = await prettier.resolveConfig(RULES);
  const text = await prettier.format(JSON.stringify(compiled.rules), { ...style, parser: 'json' });
  if (check) {
    if ((await readFile(RULES, 'utf8')) === text) return 0;
    console.error(
      'functions/alerts/rules.json is not what patterns/alerts/*.yml compiles to: run this without --check.',
    );
    return 1;
  }
  await writeFile(RULES, text);
  console.log(
    `${compiled.rules.length} rules, of which ${compiled.rules.filter((rule) => rule.alert).length} alert`,
  );
  return 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.includes('--check'));
