/**
 * `node scripts/build-rotation.ts`: checks `patterns/rotation.yaml` against the kinds of rotators and tests that there are
 * and packs it for the functions. With `--check` it writes nothing and fails when what is written is not what it makes.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as prettier from 'prettier';
import type { Result } from '../functions/kernel/result.ts';
import { rotationKinds } from '../functions/rotation/adapters/kinds.ts';
import { compilePolicies } from '../functions/rotation/domain/compile-policies.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const SOURCE = 'patterns/rotation.yaml';
const TARGET = path.join(ROOT, 'functions/rotation/policies.json');

/** Policies as the functions read them. @param source path of the YAML below the project's root */
export async function packPolicies(source: string): Promise<Result<unknown, readonly string[]>> {
  const { rotators, verifiers } = rotationKinds();
  return compilePolicies(source, await readFile(path.join(ROOT, source), 'utf8'), rotators, verifiers);
}

async function main(check: boolean): Promise<number> {
  const compiled = await packPolicies(SOURCE);
  if (!compiled.ok) {
    for (const problem of compiled.error) console.error(problem);
    return 1;
  }
  const style = await prettier.resolveConfig(TARGET);
  const packed = await prettier.format(JSON.stringify(compiled.value), { ...style, parser: 'json' });
  if (!check) await writeFile(TARGET, packed);
  else if ((await readFile(TARGET, 'utf8')) !== packed) {
    console.error(`${path.relative(ROOT, TARGET)} is not what ${SOURCE} makes: run this without --check.`);
    return 1;
  }
  return 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.includes('--check'));
