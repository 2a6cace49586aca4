/**
 * `node scripts/build-rotators.ts`: checks `patterns/rotators` and `patterns/rotation-tests` and packs them for the
 * functions. With `--check` it writes nothing and fails where the pack is not what the files say.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as prettier from 'prettier';
import {
  compileDeclarations,
  type DeclarationFile,
} from '../functions/rotation/domain/compile-declarations.ts';
import { PROJECT_ROOT } from './support/project.ts';

const PACK = path.join(PROJECT_ROOT, 'functions/rotation/declared.json');

async function filesOf(folder: string): Promise<readonly DeclarationFile[]> {
  const names = (await readdir(path.join(PROJECT_ROOT, folder))).filter((name) => name.endsWith('.yaml'));
  return Promise.all(
    names.toSorted().map(async (name) => ({
      name: `${folder}/${name}`,
      text: await readFile(path.join(PROJECT_ROOT, folder, name), 'utf8'),
    })),
  );
}

/** @returns the exit code */
export async function buildRotators(check: boolean): Promise<number> {
  const rotators = await filesOf('patterns/rotators');
  const tests = await filesOf('patterns/rotation-tests');
  const compiled = compileDeclarations(rotators, tests);
  if ('problems' in compiled) {
    for (const problem of compiled.problems) console.error(problem);
    console.error(`${compiled.problems.length} problems: mend them, then run this again.`);
    return 1;
  }
  const text = await prettier.format(JSON.stringify(compiled.pack), {
    ...(await prettier.resolveConfig(PACK)),
    parser: 'json',
  });
  if (!check) {
    await writeFile(PACK, text);
    console.log(`${rotators.length} declared rotators and ${tests.length} tests`);
  } else if ((await readFile(PACK, 'utf8')) !== text) {
    console.error('functions/rotation/declared.json is not what the files say: run npm run build:rotators.');
    return 1;
  }
  return 0;
}

if (import.meta.main) process.exitCode = await buildRotators(process.argv.includes('--check'));
