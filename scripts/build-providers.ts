/**
 * `node scripts/build-providers.ts`: checks `patterns/revocation/*.yaml` and packs them for the functions. With `--check`
 * it writes nothing and fails when the written pack is not what the declarations compile to.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as prettier from 'prettier';
import { z } from 'zod';
import {
  compileProviders,
  describeDeclarationProblem,
  type DeclarationFile,
} from '../functions/revocation/domain/declaration.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const PACK = path.join(ROOT, 'functions/revocation/providers.json');
const RULES = path.join(ROOT, 'functions/detection/patterns.json');

const rulePack = z.object({ rules: z.array(z.object({ secretType: z.string() })) });

/** Every declaration of the project, in the order of their names. */
export async function readDeclarations(): Promise<readonly DeclarationFile[]> {
  const folder = path.join(ROOT, 'patterns/revocation');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).toSorted();
  return Promise.all(
    names.map(async (name) => ({
      name: `patterns/revocation/${name}`,
      text: await readFile(path.join(folder, name), 'utf8'),
    })),
  );
}

/** Types of secrets that the compiled rules can find. */
export async function knownSecretTypes(): Promise<ReadonlySet<string>> {
  const { rules } = rulePack.parse(JSON.parse(await readFile(RULES, 'utf8')));
  return new Set(rules.map((rule) => rule.secretType));
}

async function main(check: boolean): Promise<number> {
  const files = await readDeclarations();
  const compiled = compileProviders(files, await knownSecretTypes());
  if ('problems' in compiled) {
    for (const problem of compiled.problems) console.error(describeDeclarationProblem(problem));
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
    console.error('functions/revocation/providers.json is not what the declarations compile to: run this.');
    return 1;
  }
  await writeFile(PACK, text);
  console.log(`${pack.providers.length} declared providers, pack ${pack.digest}`);
  return 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.includes('--check'));
