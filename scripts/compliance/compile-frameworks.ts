/** From `patterns/compliance` to what reports are made by; refuses what would fail, or pass for ever, later. */
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { exceptionsFile, type Exception } from '../../functions/reports/domain/exception.ts';
import {
  frameworkFile,
  testsFile,
  type Framework,
  type Frameworks,
  type TestDefinition,
} from '../../functions/reports/domain/framework.ts';
import { FACTS } from '../../functions/reports/domain/facts.ts';
import type { Selection } from '../../functions/reports/domain/select-entries.ts';
import { yamlLineOf } from '../../functions/kernel/yaml-line.ts';
import type { PolicyProblem } from '../audit/compile-policy.ts';
import { secretTexts } from '../support/secret-texts.ts';
import { cannotSay, kindsWithout, shapesOf } from './entry-members.ts';

/** The files that hold the tests, and what was accepted; every other one is a framework. */
const TESTS_FILE = 'tests.yaml';
const EXCEPTIONS_FILE = 'exceptions.yaml';
const FOLDER = 'patterns/compliance';

export interface ComplianceFile {
  /** e.g. `patterns/compliance/tests.yaml` */
  readonly name: string;
  readonly text: string;
}

type Path = readonly PropertyKey[];
type Refuse = (path: Path, reason: string, next: string) => void;

/** One file, as far as it could be read. */
interface Read<T> {
  readonly value: T | undefined;
  readonly refuse: Refuse;
}

export interface Compiled extends Frameworks {
  readonly exceptions: readonly Exception[];
}

/**
 * @param looksSecret whether a text holds something that our own scanner takes for a credential
 * @param kept members of `data` that the log's policy keeps out of entries, by their names
 * @returns frameworks by their ids, all tests and exceptions, or every problem that was found
 */
export function compileFrameworks(
  files: readonly ComplianceFile[],
  looksSecret: (text: string) => boolean,
  kept: readonly string[],
): { readonly compiled: Compiled } | { readonly problems: readonly PolicyProblem[] } {
  const problems: PolicyProblem[] = [];
  const read = <S extends z.ZodType>(file: ComplianceFile, schema: S): Read<z.output<S>> =>
    readFile(file, schema, looksSecret, problems);
  /** One that there has to be. */
  const readNamed = <S extends z.ZodType>(called: string, schema: S): Read<z.output<S>> => {
    const name = `${FOLDER}/${called}`;
    const file = files.find((each) => each.name === name);
    if (file !== undefined) return read(file, schema);
    const missing = { reason: 'there is no such file', next: 'Put it back.' };
    problems.push({ file: name, line: undefined, path: '', ...missing });
    return { value: undefined, refuse: () => undefined };
  };
  const { value, refuse } = readNamed(TESTS_FILE, testsFile);
  const tests = value?.tests ?? {};
  for (const [id, test] of Object.entries(tests))
    checkTest(test, kept, (path, reason, next) => refuse(['tests', id, ...path], reason, next));

  const frameworks = files
    .filter(({ name }) => ![TESTS_FILE, EXCEPTIONS_FILE].some((called) => name === `${FOLDER}/${called}`))
    .flatMap((file): Framework[] => {
      const framework = read(file, frameworkFile);
      if (framework.value === undefined) return [];
      if (file.name !== `${FOLDER}/${framework.value.id}.yaml`)
        framework.refuse(['id'], 'is not the name of its file', 'Name the file after the id.');
      if (value !== undefined) checkControls(framework.value, tests, framework.refuse);
      return [framework.value];
    })
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const used = new Set(frameworks.flatMap(({ controls }) => controls.flatMap((control) => control.tests)));
  for (const id of Object.keys(tests))
    if (!used.has(id))
      refuse(['tests', id], 'no control asks for it', 'Name it in a control, or take it out.');

  const accepted = readNamed(EXCEPTIONS_FILE, exceptionsFile);
  const exceptions = accepted.value?.exceptions ?? [];
  for (const [at, { id, test }] of exceptions.entries()) {
    if (!Object.hasOwn(tests, test))
      accepted.refuse(
        ['exceptions', at, 'test'],
        `there is no test ${test}`,
        `${FOLDER}/${TESTS_FILE} has them.`,
      );
    if (exceptions.findIndex((each) => each.id === id) < at)
      accepted.refuse(['exceptions', at, 'id'], `${id} stands here twice`, 'Give it an id of its own.');
  }
  return problems.length > 0 ? { problems } : { compiled: { frameworks, tests, exceptions } };
}

function readFile<S extends z.ZodType>(
  { name, text }: ComplianceFile,
  schema: S,
  looksSecret: (text: string) => boolean,
  problems: PolicyProblem[],
): Read<z.output<S>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const refuse: Refuse = (path, reason, next) => {
    problems.push({
      file: name,
      line: yamlLineOf(document, lines, path),
      path: path.map(String).join('.'),
      reason,
      next,
    });
  };
  if (document.errors.length > 0) {
    for (const { linePos, message } of document.errors)
      problems.push({
        ...{ file: name, line: linePos?.[0].line, path: '' },
        ...{ reason: message.split('\n')[0]?.replace(/:?$/, '') ?? 'is no YAML', next: 'Mend the YAML.' },
      });
    return { value: undefined, refuse };
  }
  const source: unknown = document.toJS();
  for (const path of secretTexts(source, looksSecret))
    refuse(path, 'holds what looks like a credential', 'Take it out, and have it revoked.');
  const parsed = schema.safeParse(source);
  if (parsed.success) return { value: parsed.data, refuse };
  for (const issue of parsed.error.issues.flatMap((each) => ofOneKind(each, source))) {
    const keys = issue.code === 'unrecognized_keys' ? ` (${issue.keys.join(', ')})` : '';
    refuse(issue.path, `${issue.message.replace(/\.$/, '')}${keys}`, NEXT[issue.code] ?? NEXT.custom);
  }
  return { value: undefined, refuse };
}

type Issue = z.core.$ZodIssue;

/** Kinds of tests, in the order in which {@link testsFile} tries them. */
const KINDS = ['every', 'never', 'follows', 'recurs', 'fact'] as const;

/** What is wrong with a test of the kind that it says it is, rather than that it is of none. */
function ofOneKind(issue: Issue, source: unknown): readonly Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const written = memberAt(source, issue.path);
  const kinds = KINDS.filter((kind) => memberAt(written, [kind]) !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) return [issue];
  return (issue.errors[KINDS.indexOf(kind)] ?? []).map((each) => ({
    ...each,
    path: [...issue.path, ...each.path],
  }));
}

function memberAt(source: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).find(([key]) => key === String(name))?.[1]
        : undefined,
    source,
  );
}

const NEXT: Readonly<Record<string, string>> & { readonly custom: string } = {
  unrecognized_keys: 'Take it out, or mend its name: docs/reports.md has every member.',
  invalid_type: 'Write it: docs/reports.md has an example.',
  invalid_union: 'Write one kind of test: docs/reports.md has an example of each.',
  custom: 'docs/reports.md says what can stand here.',
};

const MEND = 'functions/contracts/audit-entries.ts has what entries say.';

/** Refuses what no entry of the log, or no setting, can ever answer. */
function checkTest(test: TestDefinition, kept: readonly string[], refuse: Refuse): void {
  /** @returns what entries that are selected look like, once it is certain that there can be any */
  const select = (path: Path, selection: Selection) => {
    const found = shapesOf(selection);
    if ('shapes' in found) {
      for (const member of Object.keys(selection.where ?? {})) isIn([...path, 'where', member], member);
      return found.shapes;
    }
    refuse(path, found.never, MEND);
    return [];
  };
  const isIn = (path: Path, member: string): void => {
    const hidden = member.split('.').find((name) => kept.includes(name));
    if (hidden !== undefined)
      refuse(path, `${hidden} lies beside the log, never in an entry`, 'Ask for another member.');
  };
  const has = (path: Path, shapes: ReturnType<typeof select>, member: string): void => {
    isIn(path, member);
    if (member !== 'seq' && !member.startsWith('data.')) return;
    const without = kindsWithout(shapes, member);
    if (without.length > 0) refuse(path, `no entry of the kind ${without.join(' or ')} has ${member}`, MEND);
  };
  if ('every' in test) {
    const { of, has: wanted = {}, present = [], differ = [] } = test.every;
    const shapes = select(['every', 'of'], of);
    if (shapes.length === 0) return;
    const never = cannotSay(shapes, wanted);
    if (never !== undefined) refuse(['every', 'has'], never, MEND);
    for (const [at, member] of present.entries()) has(['every', 'present', at], shapes, member);
    for (const [at, member] of differ.entries()) has(['every', 'differ', at], shapes, member);
    if (test.every.has === undefined && test.every.present === undefined && test.every.differ === undefined)
      refuse(
        ['every'],
        'asks nothing of its entries, and would always pass',
        'Write has, present or differ.',
      );
  } else if ('never' in test) {
    select(['never', 'of'], test.never.of);
    select(['never', 'among'], test.never.among);
  } else if ('follows' in test) {
    const { trigger, response, same } = test.follows;
    has(['follows', 'same'], select(['follows', 'trigger'], trigger), same);
    has(['follows', 'same'], select(['follows', 'response'], response), same);
  } else if ('recurs' in test) select(['recurs', 'of'], test.recurs.of);
  else {
    const { name, is = [], at_least: least, at_most: most } = test.fact;
    const kind = FACTS[name];
    if (is.some((value) => typeof value !== kind))
      refuse(['fact', 'is'], `${name} is told as a ${kind}`, `Write a ${kind}.`);
    if ((least !== undefined || most !== undefined) && kind !== 'number')
      refuse(['fact'], `${name} is a ${kind}, which is neither more nor less`, 'Write is.');
  }
}

function checkControls(framework: Framework, tests: Frameworks['tests'], refuse: Refuse): void {
  const ids = new Set<string>();
  for (const [at, control] of framework.controls.entries()) {
    if (ids.has(control.id))
      refuse(['controls', at, 'id'], `${control.id} stands here twice`, 'Put both into one.');
    ids.add(control.id);
    const named = new Set<string>();
    for (const [index, id] of control.tests.entries()) {
      const path = ['controls', at, 'tests', index];
      if (!Object.hasOwn(tests, id))
        refuse(path, `there is no test ${id}`, `Write it in ${FOLDER}/${TESTS_FILE}.`);
      if (named.has(id)) refuse(path, `${id} stands here twice`, 'Take one of them out.');
      named.add(id);
    }
  }
}
