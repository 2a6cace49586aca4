/** Reads the response policy as people write it; a refusal names the place, the reason and what to write instead. */
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { err, ok, type Result } from '../../kernel/result.ts';
import { yamlLineOf } from '../../kernel/yaml-line.ts';
import { responsePolicy, type ResponsePolicy } from './policy.ts';

/** What a policy may name. A name that nothing has would protect nobody and ask nobody, without a word. */
export interface KnownNames {
  readonly providers: ReadonlySet<string>;
  readonly secretTypes: ReadonlySet<string>;
}

/** @param text YAML @returns the policy, or one line for each problem: `patterns/response.yaml:12: rules.0.response: …` */
export function compilePolicy(
  file: string,
  text: string,
  known: KnownNames,
): Result<ResponsePolicy, readonly string[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  // The others are mostly what follows from the first.
  const [broken] = document.errors;
  if (broken !== undefined) {
    const said = (broken.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
    return err([`${file}:${lines.linePos(broken.pos[0]).line}: is no YAML: ${said}. Mend this line first.`]);
  }
  const read = responsePolicy.safeParse(document.toJS(), { error: explain });
  if (!read.success) return err(read.error.issues.map(({ path, message }) => problem(path, message)));
  const unknown = unknownNames(read.data, known).map(([path, message]) => problem(path, message));
  return unknown.length > 0 ? err(unknown) : ok(read.data);

  function problem(path: readonly PropertyKey[], message: string): string {
    const names = path.map(String);
    return `${file}:${yamlLineOf(document, lines, names) ?? 1}: ${names.join('.') || 'the policy'}: ${message}`;
  }
}

/** What to write instead, where the schema has no words of its own. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type')
    return issue.input === undefined
      ? `is missing: write a ${wordOf(issue.expected)}`
      : `must be a ${wordOf(issue.expected)}`;
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  if (issue.code === 'too_small')
    return issue.origin === 'number' || issue.origin === 'int'
      ? `must be at least ${issue.minimum}`
      : 'holds nothing: write something into it, or take it away where it may be absent';
  if (issue.code === 'unrecognized_keys')
    return `there is no ${issue.keys.join(', ')} here: correct the name, or take the line away`;
  return undefined;
}

function wordOf(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    int: 'whole number',
    array: 'list',
    object: 'group of settings, as in the file that comes with this system',
    string: 'text',
  };
  return words[expected] ?? expected;
}

function unknownNames(
  { rules, protected: list }: ResponsePolicy,
  { providers, secretTypes }: KnownNames,
): readonly (readonly [path: readonly PropertyKey[], message: string])[] {
  const check = (path: readonly PropertyKey[], name: string, names: ReadonlySet<string>, what: string) =>
    names.has(name)
      ? []
      : [
          [
            path,
            `no ${what} ${name} is revoked here: there are ${[...names].toSorted().join(', ')}`,
          ] as const,
        ];
  return [
    ...rules.flatMap((rule, at) => [
      ...(rule.providers ?? []).flatMap((name, index) =>
        check(['rules', at, 'providers', index], name, providers, 'provider'),
      ),
      ...(rule.secretTypes ?? []).flatMap((name, index) =>
        check(['rules', at, 'secretTypes', index], name, secretTypes, 'type of secret'),
      ),
    ]),
    ...list.flatMap(({ provider }, at) =>
      check(['protected', at, 'provider'], provider, providers, 'provider'),
    ),
  ];
}
