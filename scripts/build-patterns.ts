/**
 * `node scripts/build-patterns.ts`: checks `patterns/*.yaml`, tries every example, and writes the pack that the scanner
 * reads. With `--check` it writes nothing and fails when the written pack is not what the rules compile to.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as prettier from 'prettier';
import { z } from 'zod';
import { createRe2Regex } from '../functions/detection/adapters/re2-regex.ts';
import { compilePack, describeProblem, type PatternFile } from '../functions/detection/domain/compile.ts';
import type { Locks } from '../functions/detection/domain/locks.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const PACK = path.join(ROOT, 'functions/detection/patterns.json');

/** Policies that lie beside the rules: each is checked and packed by a script of its own. */
const POLICIES = new Set(['audit.yaml', 'response.yaml', 'rotation.yaml']);

/** Every rule file of the project, in the order of their names. */
export async function readPatternFiles(): Promise<readonly PatternFile[]> {
  const folder = path.join(ROOT, 'patterns');
  const names = (await readdir(folder))
    .filter((name) => name.endsWith('.yaml') && !POLICIES.has(name))
    .toSorted();
  return Promise.all(
    names.map(async (name) => ({
      name: `patterns/${name}`,
      text: await readFile(path.join(folder, name), 'utf8'),
    })),
  );
}

/** Locks of the pack as it was built last, whatever else its form was then. */
async function readLocks(): Promise<Locks> {
  const parsed = z
    .object({ locks: z.record(z.string(), z.string()).default({}) })
    .safeParse(JSON.parse(await readFile(PACK, 'utf8')));
  if (!parsed.success) throw new Error(`${PACK} is no pack: check it out again, then run this again.`);
  return parsed.data.locks;
}

async function main(check: boolean): Promise<number> {
  const files = await readPatternFiles();
  const compiled = compilePack(files, createRe2Regex, await readLocks());
  if ('problems' in compiled) {
    for (const problem of compiled.problems) console.error(describeProblem(problem));
    console.error(
      `${compiled.problems.length} problems in ${files.length} files: mend them, then run this again.`,
    );
    return 1;
  }
  const { pack } = compiled;
  const style = await prettier.resolveConfig(PACK);
  const text = await prettier.format(JSON.stringify(pack), { ...style, parser: 'json' });
  if (check) {
    if ((await readFile(PACK, 'utf8')) === text) return 0;
    console.error(
      'functions/detection/patterns.json is not what patterns/*.yaml compiles to: run this without --check.',
    );
    return 1;
  }
  await writeFile(PACK, text);
  const types = new Set(pack.rules.map((rule) => rule.secretType)).size;
  const providers = new Set(pack.rules.map((rule) => rule.provider)).size;
  console.log(
    `${pack.rules.length} rules, ${types} secret types, ${providers} providers, pack ${pack.digest}`,
  );
  return 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.includes('--check'));
