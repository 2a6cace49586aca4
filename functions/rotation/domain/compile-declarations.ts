/** Checks the files of `patterns/rotators` and `patterns/rotation-tests`, and packs them for the functions. */
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { declaredRotator, type DeclaredRotator } from './declared-rotator.ts';
import { declaredTest, type DeclaredTest } from './declared-test.ts';

/** What the functions carry. */
export const declarationPack = z.strictObject({
  version: z.literal(1),
  rotators: z.array(declaredRotator),
  tests: z.array(declaredTest),
});
export type DeclarationPack = z.infer<typeof declarationPack>;

export interface DeclarationFile {
  readonly name: string;
  readonly text: string;
}

/** Every `{{…}}` that may stand in a declaration. */
const TEST_NAME = /^value(?::(?:\/[^/{}]+)+)?$/;
const ROTATOR_NAME = /^(?:(?:value|authority):(?:\/[^/{}]+)+|name|id|setting:\w+)$/;

/** @returns the pack, or what is wrong, one line each: `patterns/rotators/x.yaml: probe.request.path: …` */
export function compileDeclarations(
  rotatorFiles: readonly DeclarationFile[],
  testFiles: readonly DeclarationFile[],
): { readonly pack: DeclarationPack } | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const rotators = rotatorFiles.flatMap((file) => read(file, declaredRotator, ROTATOR_NAME, problems));
  const tests = testFiles.flatMap((file) => read(file, declaredTest, TEST_NAME, problems));
  for (const it of rotators) problems.push(...inconsistencies(it));
  for (const kinds of [rotators, tests]) {
    const seen = new Set<string>();
    for (const { kind } of kinds) {
      if (seen.has(kind)) problems.push(`${kind}: stands in two files`);
      seen.add(kind);
    }
  }
  return problems.length > 0 ? { problems } : { pack: { version: 1, rotators, tests } };
}

function read<T extends DeclaredRotator | DeclaredTest>(
  { name, text }: DeclarationFile,
  schema: z.ZodType<T>,
  placeholders: RegExp,
  problems: string[],
): T[] {
  const document = parseDocument(text, { uniqueKeys: true });
  for (const error of document.errors) problems.push(`${name}: ${error.message.split('\n')[0] ?? ''}`);
  if (document.errors.length > 0) return [];
  const parsed = schema.safeParse(document.toJS());
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      problems.push(`${name}: ${issue.path.join('.') || 'declaration'}: ${issue.message}`);
    return [];
  }
  const { data } = parsed;
  if (!name.endsWith(`/${data.kind}.yaml`)) problems.push(`${name}: kind: has to be the file's name`);
  for (const [, placeholder = ''] of JSON.stringify(data).matchAll(/\{\{\+?([^{}]*)\}\}/g))
    if (!placeholders.test(placeholder)) problems.push(`${name}: {{${placeholder}}} stands for nothing`);
  return [data];
}

/** What a schema cannot see. */
function inconsistencies(it: DeclaredRotator): string[] {
  const found: string[] = [];
  for (const place of [it.id, ...it.secrets]) {
    const field = place.slice(1);
    if (!(field in it.create.take))
      found.push(`${it.kind}: create.take: lacks ${field}, which a new key has to bring`);
  }
  for (const [, name = ''] of JSON.stringify(it).matchAll(/\{\{setting:(\w+)\}\}/g))
    if (!(name in it.settings)) found.push(`${it.kind}: settings: has no ${name}`);
  if (!JSON.stringify(it.create.request).includes('{{name}}'))
    found.push(
      `${it.kind}: create.request: gives the key no {{name}}, so that a lost one could not be found`,
    );
  return found;
}
