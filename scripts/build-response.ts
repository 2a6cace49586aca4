/**
 * `node scripts/build-response.ts`: checks `patterns/response.yaml` and packs it for the functions, with the types of
 * secrets that a revocation needs the secret of. With `--check` it writes nothing and fails when what is written is not
 * what the policy and the providers make.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as prettier from 'prettier';
import { knownProviders } from '../functions/revocation/adapters/providers.ts';
import { compilePolicy } from '../functions/revocation/domain/compile-policy.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const SOURCE = 'patterns/response.yaml';
const POLICY = path.join(ROOT, 'functions/revocation/policy.json');
const SEALED = path.join(ROOT, 'functions/contracts/sealed-secret-types.json');

async function main(check: boolean): Promise<number> {
  const providers = knownProviders();
  const compiled = compilePolicy(SOURCE, await readFile(path.join(ROOT, SOURCE), 'utf8'), {
    providers: new Set(providers.map((each) => each.provider)),
    secretTypes: new Set(providers.flatMap((each) => each.secretTypes)),
  });
  if (!compiled.ok) {
    for (const problem of compiled.error) console.error(problem);
    return 1;
  }
  const sealed = providers
    .filter((each) => each.needsSecret)
    .flatMap((each) => each.secretTypes)
    .toSorted();
  for (const [file, content] of [
    [POLICY, compiled.value],
    [SEALED, sealed],
  ] as const) {
    const style = await prettier.resolveConfig(file);
    const text = await prettier.format(JSON.stringify(content), { ...style, parser: 'json' });
    if (!check) await writeFile(file, text);
    else if ((await readFile(file, 'utf8')) !== text) {
      console.error(
        `${path.relative(ROOT, file)} is not what ${SOURCE} and the providers make: run this without --check.`,
      );
      return 1;
    }
  }
  if (!check)
    console.log(`${compiled.value.rules.length} rules, ${sealed.length} types of secrets are sealed`);
  return 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.includes('--check'));
