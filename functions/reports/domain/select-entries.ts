/** Which entries of the log a test is about, and what it compares in them. */
import { z } from 'zod';
import type { Json, LogEntry } from './log-entry.ts';

/** A member of an entry: one of its own, or a path into its data. */
const MEMBER = /^(?:seq|time|type|actor|subject|correlation_id|data(?:\.[a-z][a-z0-9_]*)+)$/;
export const member = z.string().regex(MEMBER, 'is no member of an entry: actor, subject, data.severity …');
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** Each member that is named has one of the values. */
export const where = z.record(member, z.array(scalar).min(1));
export type Where = z.infer<typeof where>;

export const selection = z.strictObject({ type: z.array(z.string().min(1)).min(1), where: where.optional() });
export type Selection = z.infer<typeof selection>;

/** @returns the member's value, or undefined where the entry has none */
export function memberOf(entry: LogEntry, path: string): Json | undefined {
  switch (path) {
    case 'seq':
      return entry.seq;
    case 'time':
      return entry.time;
    case 'type':
      return entry.type;
    case 'actor':
      return entry.actor;
    case 'subject':
      return entry.subject;
    case 'correlation_id':
      return entry.correlation_id;
    default: {
      let value: Json | undefined = entry.data;
      for (const name of path.split('.').slice(1)) {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
        value = value[name];
      }
      return value;
    }
  }
}

export function fits(entry: LogEntry, { type, where: conditions = {} }: Selection): boolean {
  return type.includes(entry.type) && meets(entry, conditions);
}

export function meets(entry: LogEntry, conditions: Where): boolean {
  return Object.entries(conditions).every(([path, values]) => {
    const value = memberOf(entry, path);
    return values.some((one) => one === value);
  });
}
