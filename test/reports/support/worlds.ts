/** Worlds in which a test passes, fails, has nothing to look at or cannot be answered: made from what the test asks. */
import { z } from 'zod';
import { LOG_ENTRIES } from '../../../functions/contracts/audit-entries.ts';
import { auditEventType, type AuditEventType } from '../../../functions/contracts/audit.ts';
import { FACTS, type Configuration } from '../../../functions/reports/domain/facts.ts';
import type { TestDefinition } from '../../../functions/reports/domain/framework.ts';
import type { LogEntry } from '../../../functions/reports/domain/log-entry.ts';
import {
  fits,
  memberOf,
  type Selection,
  type Where,
} from '../../../functions/reports/domain/select-entries.ts';
import { sampleOf } from '../../support/sample-of.ts';
import { anEntry, PERIOD } from './entries.ts';

export interface World {
  readonly name: string;
  readonly verdict: 'passed' | 'failed' | 'not_applicable' | 'incomplete';
  readonly entries: readonly LogEntry[];
  readonly configuration: Configuration;
  /** Until when the log was read. */
  readonly readUntil: number;
  readonly period: { readonly from: number; readonly until: number };
}

const json = z.record(z.string(), z.json());
const CASE = 'case_0123456789abcdef0123456789abcdef';
const NOTHING: Configuration = { facts: [], unread: [] };
const MOMENT = 1_000;

function isMembers(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function put(data: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path;
  if (rest.length === 0) {
    if (value === undefined) Reflect.deleteProperty(data, name);
    else data[name] = value;
    return;
  }
  if (!isMembers(data[name])) data[name] = {};
  const inner = data[name];
  if (isMembers(inner)) put(inner, rest, value);
}

/** With a member changed, whether or not the contract then still admits it. */
function changed(entry: LogEntry, path: string, value: unknown): LogEntry {
  if (!path.startsWith('data.')) return { ...entry, [path]: value };
  const data = structuredClone<Record<string, unknown>>({ ...entry.data });
  put(data, path.split('.').slice(1), value);
  return { ...entry, data: json.parse(data) };
}

/** An entry that the contract admits, with all of its members and these of them. @returns undefined where there is none */
function real(
  type: AuditEventType,
  shape: z.ZodObject,
  wanted: Readonly<Record<string, unknown>>,
  full: boolean,
): LogEntry | undefined {
  const data = z.record(z.string(), z.unknown()).parse(sampleOf(shape, full));
  const own: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(wanted))
    if (path.startsWith('data.')) put(data, path.split('.').slice(1), value);
    else own[path] = value;
  const parsed = shape.safeParse(data);
  if (!parsed.success) return undefined;
  return { ...anEntry(0, 0, { type, subject: CASE, data: json.parse(parsed.data) }), ...own };
}

/** Every combination of one value of each condition. */
function choices(where: Where): Record<string, unknown>[] {
  return Object.entries(where).reduce<Record<string, unknown>[]>(
    (all, [path, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [path]: value }))),
    [{}],
  );
}

/** One entry for each kind and each way in which such entries come to be, as the contract has them. */
function entriesOf({ type, where = {} }: Selection, more: Where = {}): LogEntry[] {
  return type.flatMap((name) => {
    const kind = auditEventType.parse(name);
    return LOG_ENTRIES[kind].flatMap((shape) => {
      const found = [true, false]
        .flatMap((full) => choices({ ...where, ...more }).map((wanted) => real(kind, shape, wanted, full)))
        .find((entry) => entry !== undefined && fits(entry, { type, where: { ...where, ...more } }));
      return found === undefined ? [] : [found];
    });
  });
}

const at = (entries: readonly LogEntry[], afterMs: number, from = 0): LogEntry[] =>
  entries.map((entry, index) => ({
    ...entry,
    ...anEntry(from + index, afterMs, entry),
    seq: from + index,
    time: anEntry(0, afterMs).time,
  }));

const worldOf = (
  name: string,
  verdict: World['verdict'],
  entries: readonly LogEntry[],
  more: Partial<World> = {},
): World => ({
  name,
  verdict,
  entries,
  configuration: NOTHING,
  readUntil: PERIOD.until,
  period: PERIOD,
  ...more,
});

/** What the test says of a world without anything that it asks about. */
const emptyOf = ({ empty }: TestDefinition): World['verdict'] => empty;

/** @returns worlds of every kind that there can be of this test */
export function worldsOf(test: TestDefinition): readonly World[] {
  if ('every' in test) return everyWorlds(test, test.every);
  if ('never' in test) return neverWorlds(test, test.never);
  if ('follows' in test) return followsWorlds(test, test.follows);
  if ('recurs' in test) return recursWorlds(test, test.recurs);
  return factWorlds(test, test.fact);
}

function everyWorlds(
  test: TestDefinition,
  { of, has = {}, present = [], differ }: Extract<TestDefinition, { every: unknown }>['every'],
): World[] {
  const sound = entriesOf(of, has)
    .map((entry) =>
      differ === undefined ? entry : changed(changed(entry, differ[0], 'one'), differ[1], 'other'),
    )
    // Some ways in which such entries come to be do not have every member: those are the failing world.
    .filter((entry) =>
      present.every((path) => memberOf(entry, path) !== undefined && memberOf(entry, path) !== ''),
    );
  const [first] = sound;
  if (first === undefined) throw new Error('There is no entry that passes.');
  const broken = [
    ...Object.keys(has).map((path) => changed(first, path, 'something-else')),
    ...present.map((path) => changed(first, path, path.startsWith('data.') ? undefined : '')),
    ...(differ === undefined ? [] : [changed(first, differ[1], memberOf(first, differ[0]))]),
  ].filter((entry) => fits(entry, of));
  return [
    worldOf('each as it should be', 'passed', at(sound, MOMENT)),
    ...broken.map((entry, index) =>
      worldOf(`the ${index + 1}. thing wrong`, 'failed', at([first, entry], MOMENT)),
    ),
    worldOf('nothing in the period', emptyOf(test), at(sound, -MOMENT)),
  ];
}

function neverWorlds(
  test: TestDefinition,
  { of, among }: Extract<TestDefinition, { never: unknown }>['never'],
): World[] {
  const others = entriesOf(among).filter((entry) => !fits(entry, of));
  return [
    worldOf('others only', 'passed', at(others, MOMENT)),
    ...entriesOf(of).map((entry) => worldOf('one among others', 'failed', at([...others, entry], MOMENT))),
    worldOf('nothing', emptyOf(test), []),
    worldOf('one before the period', emptyOf(test), at(entriesOf(of), -MOMENT)),
  ];
}

function followsWorlds(
  test: TestDefinition,
  { trigger, response, same, within }: Extract<TestDefinition, { follows: unknown }>['follows'],
): World[] {
  const triggers = entriesOf(trigger);
  return triggers.flatMap((begun) => {
    const key = memberOf(begun, same);
    const [answer] = entriesOf(
      response,
      same.startsWith('data.') ? { [same]: [z.string().parse(key)] } : {},
    ).map((entry) => changed(entry, same, key));
    if (answer === undefined) throw new Error('Nothing answers.');
    const after = (ms: number): LogEntry[] => [...at([begun], MOMENT), ...at([answer], MOMENT + ms, 1)];
    const end = PERIOD.until - PERIOD.from;
    const readUntil = PERIOD.until + within;
    return [
      worldOf('in the last moment', 'passed', after(within), { readUntil }),
      worldOf('answered before it came into the log', 'passed', after(within).toReversed(), { readUntil }),
      worldOf('a moment late', 'failed', after(within + 1), { readUntil }),
      worldOf('never', 'failed', at([begun], MOMENT), { readUntil }),
      worldOf(
        'answered for another',
        'failed',
        [...at([begun], MOMENT), ...at([changed(answer, same, 'another')], MOMENT, 1)],
        { readUntil },
      ),
      worldOf(
        'at the end of the period, answered after it',
        'passed',
        [...at([begun], end - 1), ...at([answer], end - 1 + within, 1)],
        { readUntil },
      ),
      worldOf('time left', 'not_applicable', at([begun], MOMENT), {
        readUntil: PERIOD.from + MOMENT + within,
      }),
      worldOf('nothing', emptyOf(test), at([answer], MOMENT)),
    ].filter(({ name }) => name !== 'answered for another' || same !== 'data.severity');
  });
}

function recursWorlds(
  test: TestDefinition,
  { of, within }: Extract<TestDefinition, { recurs: unknown }>['recurs'],
): World[] {
  const [one] = entriesOf(of);
  if (one === undefined) throw new Error('Nothing recurs.');
  const count = Math.ceil((PERIOD.until - PERIOD.from) / within);
  const all = Array.from({ length: count }, (_, index) => at([one], index * within, index)).flat();
  return [
    worldOf('again and again', 'passed', all),
    worldOf('one of them missing', 'failed', all.toSpliced(Math.floor(count / 2), 1)),
    worldOf('nothing in all the period', 'failed', []),
    worldOf('a period that is over before it is due', emptyOf(test), [], {
      period: { from: PERIOD.from, until: PERIOD.from + within },
      readUntil: PERIOD.from + within,
    }),
  ];
}

function factWorlds(
  test: TestDefinition,
  { name, is, at_least: least, at_most: most }: Extract<TestDefinition, { fact: unknown }>['fact'],
): World[] {
  const good = is?.[0] ?? least ?? most ?? 0;
  const bad = [
    ...(is === undefined ? [] : [typeof good === 'boolean' ? !good : 'something-else']),
    ...(least === undefined ? [] : [least - 1]),
    ...(most === undefined ? [] : [most + 1]),
  ];
  const facts = (...values: (string | number | boolean)[]): Configuration => ({
    facts: values.map((value, index) => ({ name, subject: `thing-${index}`, value })),
    unread: [],
  });
  const unread = [{ name, subject: 'thing-9', unread: 'AccessDenied' }];
  if (typeof good !== FACTS[name]) throw new Error(`${name} is no ${typeof good}.`);
  return [
    worldOf('as it should be', 'passed', [], { configuration: facts(good) }),
    ...bad.map((value) =>
      worldOf(`it is ${String(value)}`, 'failed', [], { configuration: facts(good, value) }),
    ),
    worldOf('no such thing', emptyOf(test), []),
    worldOf('not to be read', 'incomplete', [], { configuration: { facts: facts(good).facts, unread } }),
    worldOf('not to be read, and wrong elsewhere', 'failed', [], {
      configuration: { facts: facts(...bad).facts, unread },
    }),
  ];
}
