import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkImports } from '../../scripts/check-imports.ts';

const PROJECT_ROOT = path.resolve(import.meta.dirname, '../..');

/** A tree of the project's layout, small and without fault. */
const SOUND = {
  'tsconfig.json': '{"compilerOptions":{"module":"NodeNext","allowImportingTsExtensions":true}}',
  'package.json': '{"type":"module","dependencies":{"zod":"*"}}',
  'bin/app.ts': "import '../lib/stacks/stack.ts';\n",
  'lib/stacks/stack.ts': "import { env } from '../../functions/a/do-it.env.ts';\nexport const stack = env;\n",
  'scripts/run.ts': 'export const run = 1;\n',
  'functions/kernel/ids.ts': "import { createHash } from 'node:crypto';\nexport const id = createHash;\n",
  'functions/contracts/event.ts': "import { z } from 'zod';\nexport const event = z.object({});\n",
  'functions/a/domain/decide.ts': "import { id } from '../../kernel/ids.ts';\nexport const decide = id;\n",
  'functions/a/adapters/store.ts':
    "import { decide } from '../domain/decide.ts';\nexport const store = decide;\n",
  'functions/a/do-it.env.ts': "import { z } from 'zod';\nexport const env = z.object({});\n",
  'functions/a/do-it.lambda.ts':
    "import { store } from './adapters/store.ts';\nexport const handler = store;\n",
  'functions/b/domain/decide.ts': 'export const other = 1;\n',
};

let root: string;

function plant(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
}

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'shhh-imports-'));
  symlinkSync(path.join(PROJECT_ROOT, 'node_modules'), path.join(root, 'node_modules'));
  plant(SOUND);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the import rules', () => {
  it('hold in this project', async () => {
    const { modules, problems } = await checkImports(PROJECT_ROOT);
    expect(problems).toEqual([]);
    expect(modules).toBeGreaterThan(50);
  }, 60_000);

  it('find nothing in a sound tree', async () => {
    expect((await checkImports(root)).problems).toEqual([]);
  });

  it.each([
    [
      'a context that imports another',
      'functions/a/domain/x.ts',
      "import '../../b/domain/decide.ts';",
      'context-imports-no-context',
    ],
    ['a domain that does I/O', 'functions/a/domain/x.ts', "import 'node:fs';", 'domain-is-pure'],
    [
      'a domain that knows its adapter',
      'functions/b/domain/x.ts',
      "import '../adapters/y.ts';",
      'domain-is-pure',
    ],
    [
      'a kernel that imports a contract',
      'functions/kernel/x.ts',
      "import '../contracts/event.ts';",
      'kernel-imports-nothing',
    ],
    [
      'a construct that imports a handler',
      'lib/x.ts',
      "import '../functions/a/do-it.lambda.ts';",
      'lib-knows-no-handler',
    ],
    [
      'an environment with code behind it',
      'functions/a/x.env.ts',
      "import './adapters/store.ts';",
      'env-is-a-schema',
    ],
    [
      'an adapter that knows its handler',
      'functions/a/adapters/x.ts',
      "import '../do-it.lambda.ts';",
      'adapters-know-no-handler',
    ],
    [
      'a function that knows its stack',
      'functions/a/adapters/x.ts',
      "import '../../../lib/stacks/stack.ts';",
      'functions-know-no-infrastructure',
    ],
    ['an import that leads nowhere', 'lib/x.ts', "import './gone.ts';", 'everything-resolves'],
  ])('refuse %s', async (_what, file, text, rule) => {
    plant({ 'functions/b/adapters/y.ts': 'export const y = 1;\n', [file]: `${text}\nexport {};\n` });
    expect((await checkImports(root)).problems.join('\n')).toContain(`${rule}: ${file}`);
  });

  it('fail when a part of the tree was not looked at', async () => {
    rmSync(path.join(root, 'functions/a'), { recursive: true });
    plant({ 'lib/stacks/stack.ts': 'export const stack = 1;\n' });
    expect((await checkImports(root)).problems.join('\n')).toContain('nothing was seen that matches');
  });
});
