/** Silences: alerts that somebody has decided not to hear of for a while, and why. */
import { z } from 'zod';
import { labelName, type Labels } from './labels.ts';

/** `rule` matches the rule's name, the others labels; `*` in a value stands for any text. */
const matcher = z.strictObject({
  name: z.union([z.literal('rule'), labelName]),
  equal: z.boolean(),
  value: z.string().min(1).max(256),
});

export const silence = z.strictObject({
  id: z.string(),
  /** All must fit. */
  matchers: z.array(matcher).min(1),
  /** Milliseconds since the epoch. */
  startsAt: z.int().positive(),
  endsAt: z.int().positive(),
  author: z.string().min(1).max(256),
  reason: z.string().min(1).max(1_000),
});
export type Silence = z.infer<typeof silence>;

/** @returns whether one of the silences is in force now and fits */
export function silences(
  all: readonly Silence[],
  alert: { readonly rule: string; readonly labels: Labels },
  now: number,
): boolean {
  return all.some(
    ({ startsAt, endsAt, matchers }) =>
      startsAt <= now &&
      now < endsAt &&
      matchers.every(({ name, equal, value }) => {
        const found = name === 'rule' ? alert.rule : alert.labels[name];
        return (found !== undefined && fits(value, found)) === equal;
      }),
  );
}

/** Without a regular expression: `*` parts are sought one after the other. */
function fits(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const [head = ''] = parts;
  if (parts.length === 1) return text === pattern;
  const tail = parts.at(-1) ?? '';
  if (!text.startsWith(head) || !text.endsWith(tail) || text.length < head.length + tail.length) return false;
  let at = head.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > text.length - tail.length) return false;
    at = found + part.length;
  }
  return true;
}
