/** Ordinary text in bulk, none of it written for this project: what is found in it are false alarms, or nearly so. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT_ROOT } from '../support/project.ts';

export interface TextBody {
  readonly name: string;
  readonly files: readonly Buffer[];
}

const isPython = (file: string): boolean => file.endsWith('.py');
const isTest = (file: string): boolean => /(?:^|\/)(?:test|tests|idle_test)\//.test(file);
const isReadme = (file: string): boolean => /(?:^|\/)readme[^/]*\.(?:md|markdown|txt)$/i.test(file);
const isTypes = (file: string): boolean => /\.d\.[cm]?ts$/.test(file);
const INSTALLED = new Set(['site-packages', 'dist-packages', '__pycache__']);

/** Python's standard library, its tests apart, and the READMEs and type files of this project's dependencies. */
export async function ordinaryText(): Promise<readonly TextBody[]> {
  const [python = '', version = ''] = execFileSync(
    'python3',
    [
      '-c',
      'import sys, sysconfig; print(sysconfig.get_paths()["stdlib"]); print("%d.%d" % sys.version_info[:2])',
    ],
    { encoding: 'utf8' },
  ).split('\n');
  const modules = path.join(PROJECT_ROOT, 'node_modules');
  const sources = await filesIn(python, isPython);
  const library = sources.filter((file) => !isTest(path.relative(python, file)));
  const tests = sources.filter((file) => isTest(path.relative(python, file)));
  return [
    { name: `Python ${version}'s standard library`, files: await contents(library) },
    { name: 'its own tests', files: await contents(tests) },
    {
      name: "READMEs of this project's dependencies",
      files: await contents(await filesIn(modules, isReadme)),
    },
    { name: 'type files of the same', files: await contents(await filesIn(modules, isTypes)) },
  ];
}

async function filesIn(folder: string, wanted: (file: string) => boolean): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory() && !INSTALLED.has(entry.name)) found.push(...(await filesIn(place, wanted)));
    else if (entry.isFile() && wanted(place)) found.push(place);
  }
  return found.toSorted();
}

/** Each text once: packages carry the same file for several versions of their tools. */
async function contents(files: readonly string[]): Promise<readonly Buffer[]> {
  const distinct = new Map<string, Buffer>();
  for (const file of files) {
    const bytes = await readFile(file);
    distinct.set(createHash('sha256').update(bytes).digest('base64'), bytes);
  }
  return [...distinct.values()];
}
