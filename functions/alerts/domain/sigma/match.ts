/** Whether an event is one that a detection rule describes. */
import { parseAddress } from './address.ts';
import type { Condition, DetectionRule, FieldItem, FieldTest, Selection } from './rule.ts';

/** An event as rules see it: flat, scalar or a list of scalars. */
export type Fields = Readonly<Record<string, unknown>>;

/** Longer values are matched by their beginning: no field of ours is, and no rule shall become slow by one. */
const MAX_MATCHED_CHARACTERS = 4_096;

export type Matcher = (fields: Fields) => boolean;

/** Prepares a rule once; the matcher is then called for each event. */
export function createMatcher(rule: Pick<DetectionRule, 'selections' | 'condition'>): Matcher {
  const selections = new Map(
    Object.entries(rule.selections).map(([name, selection]) => [name, selectionMatcher(selection)]),
  );
  const holds = (condition: Condition, fields: Fields): boolean => {
    switch (condition.op) {
      case 'selection':
        return selections.get(condition.name)?.(fields) ?? false;
      case 'and':
        return condition.of.every((each) => holds(each, fields));
      case 'or':
        return condition.of.some((each) => holds(each, fields));
      case 'not':
        return !holds(condition.of, fields);
    }
  };
  return (fields) => holds(rule.condition, fields);
}

function selectionMatcher(selection: Selection): Matcher {
  const alternatives = selection.map((items) => items.map(itemMatcher));
  return (fields) => alternatives.some((items) => items.every((item) => item(fields)));
}

function itemMatcher({ field, all, tests }: FieldItem): Matcher {
  const prepared = tests.map((test) => testMatcher(test, field));
  return (fields) => (all ? prepared.every((test) => test(fields)) : prepared.some((test) => test(fields)));
}

function testMatcher(test: FieldTest, field: string): Matcher {
  switch (test.op) {
    case 'pattern': {
      const pattern = new RegExp(test.source, test.flags);
      return onEach(field, (value) => {
        const text = textOf(value);
        return text !== undefined && pattern.test(text.slice(0, MAX_MATCHED_CHARACTERS));
      });
    }
    case 'eq':
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte': {
      const { op, value: wanted } = test;
      return onEach(field, (value) => {
        const number = numberOf(value);
        return number !== undefined && compare(op, number, wanted);
      });
    }
    case 'is':
      return onEach(
        field,
        (value) => value === test.value || textOf(value)?.toLowerCase() === String(test.value),
      );
    case 'null':
      return (fields) => fields[field] === undefined || fields[field] === null;
    case 'exists':
      return (fields) => (fields[field] !== undefined && fields[field] !== null) === test.value;
    case 'cidr': {
      const base = parseAddress(test.base);
      return onEach(field, (value) => {
        const address = typeof value === 'string' ? parseAddress(value) : undefined;
        if (!address || !base || address.version !== test.version) return false;
        const shift = BigInt((test.version === 4 ? 32 : 128) - test.bits);
        return address.value >> shift === base.value >> shift;
      });
    }
    case 'fieldref':
      return (fields) => {
        const [one, other] = [textOf(fields[field]), textOf(fields[test.field])];
        return one !== undefined && one.toLowerCase() === other?.toLowerCase();
      };
  }
}

function onEach(field: string, holds: (value: unknown) => boolean): Matcher {
  return (fields) => {
    const value = fields[field];
    return Array.isArray(value) ? value.some(holds) : holds(value);
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** @returns whether `one op other` */
export function compare(op: 'eq' | 'neq' | 'gt' | 'gte' | 'lt' | 'lte', one: number, other: number): boolean {
  switch (op) {
    case 'eq':
      return one === other;
    case 'neq':
      return one !== other;
    case 'gt':
      return one > other;
    case 'gte':
      return one >= other;
    case 'lt':
      return one < other;
    case 'lte':
      return one <= other;
  }
}
