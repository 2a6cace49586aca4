/** From Sigma files as people write them to the rules that the evaluator runs; refuses what would fail or lie later. */
import { LineCounter, parseAllDocuments } from 'yaml';
import { yamlLineOf } from '../../functions/kernel/yaml-line.ts';
import { secretTexts } from '../support/secret-texts.ts';
import { z } from 'zod';
import { severity, type Severity } from '../../functions/contracts/finding.ts';
import { labelName, placeholdersOf } from '../../functions/alerts/domain/labels.ts';
import {
  channelName,
  type AlertBlock,
  type AlertRule,
  type CorrelationRule,
  type DetectionRule,
  type FieldItem,
  type Selection,
} from '../../functions/alerts/domain/sigma/rule.ts';
import { err, ok, type Result } from '../../functions/kernel/result.ts';
import { parseCondition } from './sigma-condition.ts';
import { problemOfModifiers, testOf } from './sigma-values.ts';

export interface RuleFile {
  readonly name: string;
  readonly text: string;
}

/** Why a rule cannot be: where it stands and what to change. */
export interface RuleProblem {
  readonly file: string;
  readonly line: number | undefined;
  readonly rule: string | undefined;
  readonly reason: string;
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `5m`, `1h`, `7d` */
const duration = z
  .string()
  .regex(/^\d+[smhd]$/, 'a duration is a whole number and s, m, h or d')
  .transform((text) => Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? NaN));

const names = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const ruleName = z.string().regex(/^[a-z][a-z0-9-]*$/, 'a name is lower-case words joined by hyphens');

/** SQS delays a message by a quarter of an hour at most, and what waits is told by such a message. */
const delayable = duration.refine((ms) => ms <= 900_000, 'it is 15m at most');

const extension = z.strictObject({
  severity: z.union([severity, z.literal('event')]).optional(),
  route: z.string().optional(),
  channels: z.array(channelName).min(1).default(['sns', 'slack', 'pagerduty', 'email', 'webhook']),
  group_by: z.array(labelName).default([]),
  group_wait: delayable.default(30_000),
  group_interval: delayable.default(300_000),
  subject: labelName.optional(),
  inhibited_by: z
    .strictObject({ rule: ruleName, equal: z.array(labelName).default([]), for: duration })
    .optional(),
  closes: labelName.optional(),
  acknowledges: labelName.optional(),
  absence: z
    .strictObject({
      after: ruleName,
      expected: ruleName,
      equal: z.array(z.string()).min(1),
      within: delayable,
    })
    .optional(),
  usual: z.strictObject({ over: duration, factor: z.number().positive() }).optional(),
  summary: z.string().optional(),
  done: z.string().optional(),
  next: z.string().optional(),
});
type Extension = z.infer<typeof extension>;

const LEVELS: Readonly<Record<string, Severity>> = {
  informational: 'LOW',
  low: 'LOW',
  medium: 'MEDIUM',
  high: 'HIGH',
  critical: 'CRITICAL',
};

// Sigma's own metadata (author, references, tags, …) may stand in a rule and is not needed here.
const head = z.looseObject({
  title: z.string().min(1).max(256),
  name: ruleName,
  level: z.enum(['informational', 'low', 'medium', 'high', 'critical']).optional(),
  shhh: extension.default(() => extension.parse({})),
});
const detectionSource = head.extend({
  logsource: z.looseObject({ product: z.literal('shhh') }),
  detection: z.looseObject({ condition: z.string() }),
});
const THRESHOLDS = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const;
const correlationSource = head.extend({
  correlation: z.strictObject({
    type: z.enum(
      ['event_count', 'value_count', 'temporal', 'temporal_ordered'],
      'the types are event_count, value_count, temporal and temporal_ordered',
    ),
    rules: names,
    'group-by': names.default([]),
    timespan: duration,
    aliases: z.record(z.string(), z.record(z.string(), z.string())).default({}),
    generate: z.boolean().optional(),
    condition: z
      .strictObject({
        gt: z.int().optional(),
        gte: z.int().optional(),
        lt: z.int().optional(),
        lte: z.int().optional(),
        eq: z.int().optional(),
        neq: z.int().optional(),
        field: z.string().optional(),
      })
      .optional(),
  }),
});
const absenceSource = head.extend({ shhh: extension.required({ absence: true }) });

interface Parsed {
  readonly file: string;
  readonly lineOf: (path: readonly PropertyKey[]) => number | undefined;
  readonly rule: AlertRule;
}

/**
 * @param looksSecret whether a text holds something that our own scanner takes for a credential
 * @returns the rules of all files, or every problem that was found in them
 */
export function compileRules(
  files: readonly RuleFile[],
  looksSecret: (text: string) => boolean,
): { rules: readonly AlertRule[] } | { problems: readonly RuleProblem[] } {
  const problems: RuleProblem[] = [];
  const parsed: Parsed[] = [];
  for (const file of files) {
    const lines = new LineCounter();
    for (const document of parseAllDocuments(file.text, { lineCounter: lines, uniqueKeys: true })) {
      if (!('contents' in document)) continue;
      const lineOf = (path: readonly PropertyKey[]) => yamlLineOf(document, lines, path);
      for (const error of document.errors)
        problems.push({
          file: file.name,
          line: error.linePos?.[0].line,
          rule: undefined,
          reason: error.message.split('\n')[0] ?? '',
        });
      if (document.errors.length > 0) continue;
      const source: unknown = document.toJS();
      const rule = compileRule(source);
      for (const path of secretTexts(source, looksSecret))
        problems.push({
          file: file.name,
          line: lineOf(path),
          rule: undefined,
          reason: `${path.map(String).join('.')}: the text holds what looks like a credential`,
        });
      if (rule.ok) parsed.push({ file: file.name, lineOf, rule: rule.value });
      else {
        const named = head.pick({ name: true }).safeParse(source).data?.name;
        for (const { path, reason } of rule.error)
          problems.push({ file: file.name, line: lineOf(path), rule: named, reason });
      }
    }
  }
  problems.push(...problemsBetween(parsed));
  if (problems.length > 0) return { problems };
  return { rules: parsed.map(({ rule }) => rule) };
}

/** `patterns/alerts/x.yml:12 some-rule: why` */
export function describeRuleProblem({ file, line, rule, reason }: RuleProblem): string {
  return `${file}${line === undefined ? '' : `:${line}`}${rule === undefined ? '' : ` ${rule}`}: ${reason}`;
}

interface Complaint {
  readonly path: readonly PropertyKey[];
  readonly reason: string;
}

function compileRule(source: unknown): Result<AlertRule, readonly Complaint[]> {
  const kind = z
    .looseObject({
      correlation: z.unknown().optional(),
      detection: z.unknown().optional(),
      shhh: z.looseObject({ absence: z.unknown().optional() }).optional(),
    })
    .safeParse(source).data;
  if (kind?.correlation !== undefined) return compileCorrelation(source);
  if (kind?.detection !== undefined) return compileDetection(source);
  if (kind?.shhh?.absence !== undefined) return compileAbsence(source);
  return err([{ path: [], reason: 'a rule has a `detection`, a `correlation` or `shhh.absence`' }]);
}

function complaintsOf(error: z.ZodError): readonly Complaint[] {
  return error.issues.map(({ path, message }) => ({
    path,
    reason: `${path.map(String).join('.') || 'rule'}: ${message}`,
  }));
}

function compileDetection(source: unknown): Result<DetectionRule, readonly Complaint[]> {
  const read = detectionSource.safeParse(source);
  if (!read.success) return err(complaintsOf(read.error));
  const { condition: text, ...rest } = read.data.detection;
  const complaints: Complaint[] = [];
  const selections: Record<string, Selection> = {};
  for (const [name, value] of Object.entries(rest)) {
    const selected = selectionOf(value);
    if (selected.ok) selections[name] = selected.value;
    else complaints.push({ path: ['detection', name], reason: `${name}: ${selected.error}` });
  }
  const condition = parseCondition(text, Object.keys(rest));
  if (!condition.ok) complaints.push({ path: ['detection', 'condition'], reason: condition.error });
  const alert = alertOf(read.data.shhh, read.data.level);
  if (!alert.ok) complaints.push(...alert.error);
  if (complaints.length > 0 || !condition.ok || !alert.ok) return err(complaints);
  const { name, title, shhh } = read.data;
  return ok({
    kind: 'detection',
    name,
    title,
    ...(alert.value ? { alert: alert.value } : {}),
    selections,
    condition: condition.value,
    ...(shhh.closes ? { closes: shhh.closes } : {}),
    ...(shhh.acknowledges ? { acknowledges: shhh.acknowledges } : {}),
  });
}

const scalars = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const itemMap = z.record(z.string(), z.union([scalars, z.array(scalars).min(1)]));

function selectionOf(value: unknown): Result<Selection, string> {
  const maps = z.union([itemMap.transform((one) => [one]), z.array(itemMap).min(1)]).safeParse(value);
  if (!maps.success)
    return err(
      'a selection is fields with values, or a list of such; words without a field are not supported',
    );
  const alternatives: FieldItem[][] = [];
  for (const map of maps.data) {
    const items: FieldItem[] = [];
    for (const [key, values] of Object.entries(map)) {
      const [field = '', ...modifiers] = key.split('|');
      const problem = problemOfModifiers(modifiers);
      if (problem !== undefined) return err(problem);
      const tests = [values].flat().map((each) => testOf(each, modifiers));
      const failed = tests.find((test) => !test.ok);
      if (failed?.ok === false) return err(`${key}: ${failed.error}`);
      items.push({
        field,
        all: modifiers.includes('all'),
        tests: tests.flatMap((test) => (test.ok ? [test.value] : [])),
      });
    }
    if (items.length === 0) return err('a selection without fields matches everything');
    alternatives.push(items);
  }
  return ok(alternatives);
}

function compileCorrelation(source: unknown): Result<CorrelationRule, readonly Complaint[]> {
  const read = correlationSource.safeParse(source);
  if (!read.success) return err(complaintsOf(read.error));
  const { name, title, level, shhh, correlation } = read.data;
  const { type, rules, timespan, aliases, condition } = correlation;
  const complaints: Complaint[] = [];
  const alert = alertOf(shhh, level);
  if (!alert.ok) complaints.push(...alert.error);
  const temporal = type === 'temporal' || type === 'temporal_ordered';
  const thresholds = THRESHOLDS.flatMap((op) => {
    const count = condition?.[op];
    return count === undefined ? [] : [{ op, count }];
  });
  const refuse = (path: readonly PropertyKey[], reason: string) => complaints.push({ path, reason });
  if (!temporal && thresholds.length === 0)
    refuse(['correlation'], `${type} needs a condition: gt, gte, lt, lte, eq or neq`);
  if (temporal && condition)
    refuse(['correlation', 'condition'], `${type} takes no condition: every rule must match`);
  if (type === 'value_count' && condition?.field === undefined)
    refuse(['correlation', 'condition'], 'value_count needs `field` in its condition');
  if (type !== 'value_count' && condition?.field !== undefined)
    refuse(['correlation', 'condition', 'field'], `${type} counts no field`);
  if (shhh.usual && type !== 'event_count') refuse(['shhh', 'usual'], '`usual` belongs to event_count');
  if (complaints.length > 0 || !alert.ok) return err(complaints);
  return ok({
    kind: 'correlation',
    name,
    title,
    ...(alert.value ? { alert: alert.value } : {}),
    type,
    rules,
    groupBy: correlation['group-by'],
    aliases,
    timespanMs: timespan,
    thresholds: temporal ? [{ op: 'gte', count: rules.length }] : thresholds,
    ...(condition?.field === undefined ? {} : { field: condition.field }),
    ...(shhh.usual ? { usual: { overMs: shhh.usual.over, factor: shhh.usual.factor } } : {}),
  });
}

function compileAbsence(source: unknown): Result<AlertRule, readonly Complaint[]> {
  const read = absenceSource.safeParse(source);
  if (!read.success) return err(complaintsOf(read.error));
  const { name, title, level, shhh } = read.data;
  const alert = alertOf(shhh, level);
  if (!alert.ok) return alert;
  const { after, expected, equal, within } = shhh.absence;
  return ok({
    kind: 'absence',
    name,
    title,
    ...(alert.value ? { alert: alert.value } : {}),
    after,
    expected,
    equal,
    withinMs: within,
  });
}

/** A rule without a summary alerts nobody: others build on it. */
function alertOf(
  shhh: Extension,
  level: string | undefined,
): Result<AlertBlock | undefined, readonly Complaint[]> {
  const complaints: Complaint[] = [];
  for (const part of ['summary', 'done', 'next'] as const) {
    for (const placeholder of placeholdersOf(shhh[part] ?? '')) {
      if (!labelName.safeParse(placeholder).success)
        complaints.push({
          path: ['shhh', part],
          reason: `shhh.${part}: {${placeholder}} is not on the list of what an alert may carry: use ${labelName.options.join(', ')}`,
        });
    }
  }
  if (shhh.summary === undefined) return complaints.length > 0 ? err(complaints) : ok(undefined);
  const fallback = LEVELS[level ?? ''];
  const chosen = shhh.severity ?? fallback;
  if (chosen === undefined)
    complaints.push({ path: ['shhh'], reason: 'an alert needs a `level` or `shhh.severity`' });
  for (const part of ['done', 'next'] as const)
    if (shhh[part] === undefined)
      complaints.push({
        path: ['shhh'],
        reason: `an alert needs \`shhh.${part}\`: what was done, and the next step`,
      });
  if (complaints.length > 0 || chosen === undefined) return err(complaints);
  return ok({
    severity: chosen,
    route: shhh.route ?? 'default',
    channels: shhh.channels,
    groupBy: shhh.group_by,
    waitMs: shhh.group_wait,
    intervalMs: shhh.group_interval,
    ...(shhh.subject ? { subject: shhh.subject } : {}),
    ...(shhh.inhibited_by
      ? {
          inhibitedBy: {
            rule: shhh.inhibited_by.rule,
            equal: shhh.inhibited_by.equal,
            forMs: shhh.inhibited_by.for,
          },
        }
      : {}),
    summary: shhh.summary,
    done: shhh.done ?? '',
    next: shhh.next ?? '',
  });
}

function problemsBetween(parsed: readonly Parsed[]): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const byName = new Map<string, Parsed>();
  const complain = ({ file, lineOf, rule }: Parsed, path: readonly PropertyKey[], reason: string) =>
    problems.push({ file, line: lineOf(path), rule: rule.name, reason });
  for (const each of parsed) {
    const before = byName.get(each.rule.name);
    if (before) complain(each, ['name'], `there is another rule of this name in ${before.file}`);
    byName.set(each.rule.name, each);
  }
  for (const each of parsed) {
    const { rule } = each;
    const needed =
      rule.kind === 'correlation' ? rule.rules : rule.kind === 'absence' ? [rule.after, rule.expected] : [];
    for (const name of needed) {
      const kind = byName.get(name)?.rule.kind;
      if (kind === undefined)
        complain(each, [rule.kind === 'absence' ? 'shhh' : 'correlation'], `there is no rule \`${name}\``);
      else if (kind !== 'detection')
        complain(
          each,
          [rule.kind === 'absence' ? 'shhh' : 'correlation'],
          `\`${name}\` is no detection rule: rules build on detections only`,
        );
    }
    const inhibitor = rule.alert?.inhibitedBy?.rule;
    if (inhibitor !== undefined && !byName.get(inhibitor)?.rule.alert)
      complain(each, ['shhh', 'inhibited_by'], `\`${inhibitor}\` is no rule that alerts`);
    if (rule.alert) {
      const others = parsed.filter(({ rule: other }) => other.alert?.route === rule.alert?.route);
      const first = others[0]?.rule.alert;
      if (first && first.groupBy.join() !== rule.alert.groupBy.join())
        complain(
          each,
          ['shhh', 'group_by'],
          `rules of the route \`${rule.alert.route}\` group by ${first.groupBy.join(', ') || 'nothing'}`,
        );
    }
  }
  return problems;
}
