/**
 * `node scripts/build-providers.ts`: checks `patterns/revocation/*.yaml`, packs them for the functions, and writes the
 * table of providers into functions/revocation/README.md and that of our own credentials into docs/revocation.md. With
 * `--check` it writes nothing and fails where one of them is not what the declarations say.
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
import { withOwnTable, withProvidersTable } from './providers/table.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const PACK = path.join(ROOT, 'functions/revocation/providers.json');
const PAGES = [
  ['functions/revocation/README.md', withProvidersTable],
  ['docs/revocation.md', withOwnTable],
] as const;
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

/** @returns the exit code */
export async function buildProviders(check: boolean): Promise<number> {
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
  const wanted: [file: string, content: string, parser: string][] = [[PACK, JSON.stringify(pack), 'json']];
  for (const [name, withTable] of PAGES) {
    const file = path.join(ROOT, name);
    const page = withTable(await readFile(file, 'utf8'), pack);
    if (page === undefined) {
      console.error(`${name} has lost the markers of its table: put them back.`);
      return 1;
    }
    wanted.push([file, page, 'markdown']);
  }
  for (const [file, content, parser] of wanted) {
    const text = await prettier.format(content, { ...(await prettier.resolveConfig(file)), parser });
    if (!check) await writeFile(file, text);
    else if ((await readFile(file, 'utf8')) !== text) {
      console.error(
        `${path.relative(ROOT, file)} is not what the declarations say: run npm run build:providers.`,
      );
      return 1;
    }
  }
  if (!check) console.log(`${pack.providers.length} declared providers, pack ${pack.digest}`);
  return 0;
}

if (import.meta.main) process.exitCode = await buildProviders(process.argv.includes('--check'));
