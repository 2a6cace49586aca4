/**
 * Rules as the evaluator runs them: what `scripts/build-alerts.ts` makes of the Sigma files in `patterns/alerts`.
 * Sigma's specification 2.1: https://github.com/SigmaHQ/sigma-specification
 */
import { z } from 'zod';
import { severity } from '../../../contracts/finding.ts';
import { labelName } from '../labels.ts';

/** One comparison of a field. Strings with wildcards have become anchored patterns. */
const test = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('pattern'), source: z.string(), flags: z.enum(['', 'i', 's', 'is']) }),
  z.strictObject({ op: z.enum(['eq', 'gt', 'gte', 'lt', 'lte']), value: z.number() }),
  z.strictObject({ op: z.literal('is'), value: z.boolean() }),
  z.strictObject({ op: z.literal('null') }),
  z.strictObject({ op: z.literal('exists'), value: z.boolean() }),
  z.strictObject({
    op: z.literal('cidr'),
    base: z.string(),
    bits: z.int(),
    version: z.union([z.literal(4), z.literal(6)]),
  }),
  z.strictObject({ op: z.literal('fieldref'), field: z.string() }),
]);
export type FieldTest = z.infer<typeof test>;

/** Holds when any test does, or every one where Sigma's `all` says so. */
const fieldItem = z.strictObject({ field: z.string(), all: z.boolean(), tests: z.array(test).min(1) });
export type FieldItem = z.infer<typeof fieldItem>;

/** Alternatives, each a set of items that must all hold. */
const selection = z.array(z.array(fieldItem).min(1)).min(1);
export type Selection = z.infer<typeof selection>;

export type Condition =
  | { readonly op: 'selection'; readonly name: string }
  | { readonly op: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly op: 'not'; readonly of: Condition };

const condition: z.ZodType<Condition> = z.union([
  z.strictObject({ op: z.literal('selection'), name: z.string() }),
  z.strictObject({ op: z.enum(['and', 'or']), of: z.lazy(() => z.array(condition)) }),
  z.strictObject({ op: z.literal('not'), of: z.lazy(() => condition) }),
]);

export const channelName = z.enum(['sns', 'slack', 'pagerduty', 'email', 'webhook']);

/** What becomes of a match: the extension block `shhh` of a rule. Durations in milliseconds. */
const alertBlock = z.strictObject({
  /** `event`: that of the event itself. */
  severity: z.union([severity, z.literal('event')]),
  /** Rules of one route share their groups. */
  route: z.string(),
  channels: z.array(channelName).min(1),
  /** Labels whose values make a group. */
  groupBy: z.array(labelName),
  /** Before the first message of a group; 0 tells at once. */
  waitMs: z.int().nonnegative(),
  /** Between two messages of a group. */
  intervalMs: z.int().positive(),
  /** The label that names what can be over: a case's fingerprint, an alarm's name. */
  subject: labelName.optional(),
  /** Kept back while this rule fires for the same values of the labels, and so long after. */
  inhibitedBy: z
    .strictObject({ rule: z.string(), equal: z.array(labelName), forMs: z.int().positive() })
    .optional(),
  /** Templates over labels: `{agent}`. */
  summary: z.string(),
  done: z.string(),
  next: z.string(),
});
export type AlertBlock = z.infer<typeof alertBlock>;

const common = { name: z.string(), title: z.string(), alert: alertBlock.optional() };

const detectionRule = z.strictObject({
  kind: z.literal('detection'),
  ...common,
  selections: z.record(z.string(), selection),
  condition,
  /** A match says that the subject of this label is over. */
  closes: labelName.optional(),
  /** A match says that a person is at work on the subject of this label. */
  acknowledges: labelName.optional(),
});
export type DetectionRule = z.infer<typeof detectionRule>;

const threshold = z.strictObject({
  op: z.enum(['gt', 'gte', 'lt', 'lte', 'eq', 'neq']),
  count: z.int().nonnegative(),
});

const correlationRule = z.strictObject({
  kind: z.literal('correlation'),
  ...common,
  type: z.enum(['event_count', 'value_count', 'temporal', 'temporal_ordered']),
  /** Names of detection rules. */
  rules: z.array(z.string()).min(1),
  groupBy: z.array(z.string()),
  /** Alias of `groupBy` to the field that each rule has it in. */
  aliases: z.record(z.string(), z.record(z.string(), z.string())),
  timespanMs: z.int().positive(),
  /** All must hold. */
  thresholds: z.array(threshold).min(1),
  /** What `value_count` counts the different values of. */
  field: z.string().optional(),
  /** `event_count` only: the threshold is at least so many times the mean of the time before the window. */
  usual: z.strictObject({ overMs: z.int().positive(), factor: z.number().positive() }).optional(),
});
export type CorrelationRule = z.infer<typeof correlationRule>;

/** Fires where what is expected after an event has not come in time. */
const absenceRule = z.strictObject({
  kind: z.literal('absence'),
  ...common,
  /** Names of detection rules. */
  after: z.string(),
  expected: z.string(),
  /** Fields whose values must be the same in both. */
  equal: z.array(z.string()).min(1),
  withinMs: z.int().positive(),
});
export type AbsenceRule = z.infer<typeof absenceRule>;

export const ruleSet = z.array(z.discriminatedUnion('kind', [detectionRule, correlationRule, absenceRule]));
export type AlertRule = z.infer<typeof ruleSet>[number];
