/**
 * Holds the import rules of .dependency-cruiser.cjs, and fails if it looked at nothing:
 * a rule checker that was pointed at the wrong folder is always content.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { z } from 'zod';

const PROJECT_ROOT = path.resolve(import.meta.dirname, '..');
const DEPCRUISE = path.join(PROJECT_ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

/** Every part of the tree that has rules of its own, as a pattern that some module must match. */
const MUST_SEE = [
  /^bin\//,
  /^lib\/stacks\//,
  /^functions\/kernel\//,
  /^functions\/contracts\//,
  /^functions\/[^/]+\/domain\//,
  /^functions\/[^/]+\/adapters\//,
  /\.env\.ts$/,
  /\.lambda\.ts$/,
];

const report = z.object({
  modules: z.array(z.object({ source: z.string() })),
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});

export interface ImportCheck {
  /** Modules of the project's own that were looked at. */
  readonly modules: number;
  /** A line for each import that a rule forbids, and for each part of the tree in which nothing was seen. */
  readonly problems: readonly string[];
}

/** @param root of the tree to check, with the project's layout; the rules are always this project's */
export async function checkImports(root: string): Promise<ImportCheck> {
  const args = ['--config', path.join(PROJECT_ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json'];
  const { modules, summary } = report.parse(
    JSON.parse(await run([DEPCRUISE, ...args, 'bin', 'lib', 'functions', 'scripts'], root)),
  );
  const own = modules.map((module) => module.source).filter((source) => !source.includes('node_modules'));
  const unseen = MUST_SEE.filter((pattern) => !own.some((source) => pattern.test(source)));
  return {
    modules: own.length,
    problems: [
      ...summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} imports ${to}`),
      ...unseen.map((pattern) => `nothing was seen that matches ${String(pattern)}: are the folders right?`),
    ],
  };
}

/** Runs a script with this Node; the checker exits with the number of violations, so only silence is a failure. */
function run(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout, stderr) => {
      if (stdout.trimStart().startsWith('{')) resolve(stdout);
      else reject(new Error(`The import checker did not answer: ${stderr || stdout}`));
    });
  });
}

if (import.meta.main) {
  const { modules, problems } = await checkImports(PROJECT_ROOT);
  for (const problem of problems) console.error(problem);
  console.log(`imports: ${modules} modules looked at, ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
