/** What entries of the log can say: asked of every member that a test names, so that none waits for what never comes. */
import { z } from 'zod';
import { auditEventType, type AuditEventType } from '../../functions/contracts/audit.ts';
import { LOG_ENTRIES } from '../../functions/contracts/audit-entries.ts';
import type { Selection, Where } from '../../functions/reports/domain/select-entries.ts';

/** Members of every entry; those of `data` differ from kind to kind. */
const OWN = new Set(['seq', 'time', 'type', 'actor', 'subject', 'correlation_id']);

/** @returns what may stand at a path, or undefined where nothing does */
function schemaAt(schema: z.core.$ZodType, path: readonly string[]): z.core.$ZodType | undefined {
  const [name, ...rest] = path;
  if (name === undefined) return schema;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return schemaAt(schema.unwrap(), path);
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
    const member = shape[name];
    return member === undefined ? undefined : schemaAt(member, rest);
  }
  return undefined;
}

const accepts = (schema: z.core.$ZodType, value: unknown): boolean => z.safeParse(schema, value).success;

/** Why an entry of this shape never fits the conditions, or undefined where one can. */
function unmet(shape: z.ZodObject, conditions: Where): string | undefined {
  for (const [path, values] of Object.entries(conditions)) {
    if (OWN.has(path)) continue;
    const at = schemaAt(shape, path.split('.').slice(1));
    if (at === undefined) return `has no ${path}`;
    const wrong = values.find((value) => !accepts(at, value));
    if (wrong !== undefined) return `never says ${String(wrong)} in ${path}`;
  }
  return undefined;
}

const isKind = (type: string): type is AuditEventType => auditEventType.safeParse(type).success;

/** @returns for each kind that is selected, the shapes of entries that fit; or why one of them never does */
export function shapesOf({
  type,
  where = {},
}: Selection):
  { readonly shapes: readonly (readonly [AuditEventType, z.ZodObject])[] } | { readonly never: string } {
  const shapes: (readonly [AuditEventType, z.ZodObject])[] = [];
  for (const kind of type) {
    if (!isKind(kind)) return { never: `there are no entries of the kind ${kind}` };
    // A value may come from one way in which such entries come to be, and the next from another.
    const ways = LOG_ENTRIES[kind];
    const fitting = ways.filter((way) => unmet(way, firstValues(where, way)) === undefined);
    for (const [path, values] of Object.entries(where))
      for (const value of values)
        if (!ways.some((way) => unmet(way, { ...firstValues(where, way), [path]: [value] }) === undefined))
          return {
            never: `no entry of the kind ${kind} says ${String(value)} in ${path} as well as the rest`,
          };
    if (fitting.length === 0)
      return { never: `no entry of the kind ${kind} fits: it ${unmet(ways[0] ?? z.object(), where) ?? ''}` };
    shapes.push(...fitting.map((way) => [kind, way] as const));
  }
  return { shapes };
}

/** Of each condition the values that this way of coming to be can have; all of them where it can have none. */
function firstValues(where: Where, way: z.ZodObject): Where {
  return Object.fromEntries(
    Object.entries(where).map(([path, values]) => {
      const possible = values.filter((value) => unmet(way, { [path]: [value] }) === undefined);
      return [path, possible.length > 0 ? possible : values];
    }),
  );
}

/** Whether entries of one of the shapes can say what a condition wants of them. @returns why not */
export function cannotSay(
  shapes: readonly (readonly [AuditEventType, z.ZodObject])[],
  conditions: Where,
): string | undefined {
  for (const [path, values] of Object.entries(conditions)) {
    for (const value of values)
      if (!shapes.some(([, shape]) => unmet(shape, { [path]: [value] }) === undefined))
        return `no such entry says ${String(value)} in ${path}`;
  }
  return undefined;
}

/** Kinds that never have a member. */
export function kindsWithout(
  shapes: readonly (readonly [AuditEventType, z.ZodObject])[],
  path: string,
): AuditEventType[] {
  const kinds = new Set(shapes.map(([kind]) => kind));
  for (const [kind, shape] of shapes) if (unmet(shape, { [path]: [] }) === undefined) kinds.delete(kind);
  return [...kinds];
}
