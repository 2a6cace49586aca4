import { createHash } from 'node:crypto';
import { labelsOf, type Labels } from './labels.ts';
import type { Fields } from './sigma/match.ts';

/** What came over the bus, as rules see it. */
export interface AlertEvent {
  /** The same for every repetition of the event. */
  readonly id: string;
  /** When it happened, milliseconds since the epoch. */
  readonly at: number;
  /** Flat; `event` is its name. */
  readonly fields: Fields;
}

/** What a rule has to say of an event. */
export interface Alert {
  /** Derived from rule and event, so that a repetition has the same. */
  readonly id: string;
  readonly rule: string;
  readonly at: number;
  readonly labels: Labels;
}

/** 32 hex digits of a SHA-256 over the parts, of which none can run into the next. */
export function digest(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

export function alertOf(rule: string, event: AlertEvent): Alert {
  return { id: digest(rule, event.id), rule, at: event.at, labels: labelsOf(event.fields) };
}

/** Values of fields as one key; a field that is absent is a value of its own, as in Sigma's reference behaviour. */
export function keyOf(name: string, fields: Fields, by: readonly string[]): string {
  const values = by.map((field) => {
    const value = fields[field];
    return ['string', 'number', 'boolean'].includes(typeof value) ? JSON.stringify(value) : null;
  });
  return createHash('sha256')
    .update(JSON.stringify([name, values]))
    .digest('hex')
    .slice(0, 32);
}
