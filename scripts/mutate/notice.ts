/** Whether examples and bounds notice that a regex is not the one that they were written for. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { isSame, unmarked, written, type Reader } from './bounds.ts';

export const BOUNDS = path.resolve(import.meta.dirname, '../../patterns/bounds');
const EQUIVALENT = 'equivalent.yaml';

const boundsFile = z.record(z.string(), z.array(z.string())).nullable();
/** By reason: the mutants, by rule, that match the same texts. */
const equivalentFile = z.record(z.string(), z.record(z.string(), z.array(z.string()))).nullable();

export interface Bounds {
  /** Texts by rule. */
  readonly texts: ReadonlyMap<string, readonly Bound[]>;
  /** Slips that change nothing, by rule. */
  readonly equivalent: ReadonlyMap<string, ReadonlySet<string>>;
}

export async function readBounds(): Promise<Bounds> {
  const texts = new Map<string, readonly Bound[]>();
  const equivalent = new Map<string, Set<string>>();
  for (const name of (await readdir(BOUNDS).catch(() => [])).toSorted()) {
    const content: unknown = parse(await readFile(path.join(BOUNDS, name), 'utf8'));
    if (name === EQUIVALENT) {
      for (const rules of Object.values(equivalentFile.parse(content) ?? {}))
        for (const [rule, slips] of Object.entries(rules))
          equivalent.set(rule, new Set([...(equivalent.get(rule) ?? []), ...slips]));
    } else
      for (const [rule, marked] of Object.entries(boundsFile.parse(content) ?? {}))
        texts.set(
          rule,
          marked.map((text) => unmarked(written(text))),
        );
  }
  return { texts, equivalent };
}

/** A text, and how the rule reads it. */
export type Bound = ReturnType<typeof unmarked>;

/** @param match texts that must hold a match; `bounds`: texts that must be read just so */
export function isNoticed(read: Reader, match: readonly string[], bounds: readonly Bound[]): boolean {
  return (
    match.some((text) => read(Buffer.from(text)) === undefined) ||
    bounds.some(({ bytes, reading }) => !isSame(read(bytes), reading))
  );
}
