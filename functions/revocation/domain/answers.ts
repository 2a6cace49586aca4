/** How a provider's answer is read: places in JSON, conditions, and which entry of a list is the credential. */
import type { DeclaredCondition, DeclaredList } from './declaration.ts';

/** What an answer says, as far as a declaration may ask. */
export interface ReadAnswer {
  readonly status: number;
  readonly body: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown;
}

/** @returns the body as JSON, undefined where it is none: providers answer with empty bodies and proxies with pages */
export function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** What stands at a JSON pointer (RFC 6901); undefined where nothing does. */
export function at(value: unknown, pointer: string): unknown {
  let here = value;
  for (const raw of pointer.split('/').slice(1)) {
    const key = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = new Map<string, unknown>(Object.entries(here)).get(key);
  }
  return here;
}

/** A place's text: of a text, a number or a boolean; undefined for anything else and for an empty text. */
export function textAt(value: unknown, pointer: string): string | undefined {
  const found = at(value, pointer);
  if (typeof found === 'string') return found === '' ? undefined : found;
  return typeof found === 'number' || typeof found === 'boolean' ? String(found) : undefined;
}

const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === '';

export function holds({ status, has, lacks, equals, says }: DeclaredCondition, answer: ReadAnswer): boolean {
  if (!status.includes(answer.status)) return false;
  if (has?.some((pointer) => isEmpty(at(answer.json, pointer)))) return false;
  // Where nothing can be read, that a place is absent says nothing.
  if (lacks !== undefined && (typeof answer.json !== 'object' || answer.json === null)) return false;
  if (lacks?.some((pointer) => !isEmpty(at(answer.json, pointer)))) return false;
  if (says !== undefined && !answer.body.includes(says)) return false;
  return Object.entries(equals ?? {}).every(([pointer, wanted]) => at(answer.json, pointer) === wanted);
}

export type Found =
  | { readonly outcome: 'one'; readonly entry: unknown }
  | { readonly outcome: 'none' }
  | { readonly outcome: 'unsure'; readonly reason: string };

/**
 * Finds the credential's entry among all that the provider listed.
 * @param render fills a template in
 */
export function findEntry(
  list: DeclaredList,
  entries: readonly unknown[],
  secret: string,
  render: (template: string) => string,
): Found {
  if (list.equals !== undefined) {
    const wanted = Object.entries(list.equals).map(([place, text]) => [place, render(text)] as const);
    const same = entries.filter((entry) => wanted.every(([place, text]) => textAt(entry, place) === text));
    const [entry] = same;
    if (same.length > 1)
      return { outcome: 'unsure', reason: 'more than one entry is exactly this credential' };
    return entry === undefined ? { outcome: 'none' } : { outcome: 'one', entry };
  }
  const { hint } = list;
  if (hint === undefined) return { outcome: 'none' };
  const fits = entries.flatMap((entry) => {
    const shown = shownBy(textAt(entry, hint.at) ?? '', secret, hint);
    return shown === undefined ? [] : [{ entry, shown }];
  });
  const [only] = fits;
  if (only === undefined) return { outcome: 'none' };
  if (fits.length > 1)
    return { outcome: 'unsure', reason: `${fits.length} keys look like this one to the provider's list` };
  if (only.shown < hint.shown)
    return {
      outcome: 'unsure',
      reason: `the provider's list shows only ${only.shown} characters of a key: that may be another one`,
    };
  return { outcome: 'one', entry: only.entry };
}

/**
 * How many characters a hint such as `sk-R2D...igAA` shows of this secret, besides those that all keys share.
 * @returns undefined where the hint is another key's, or no hint
 */
function shownBy(
  hint: string,
  secret: string,
  shared: { readonly sharedPrefix: string; readonly sharedSuffix: string },
): number | undefined {
  const [, start, end] = /^([^.*…]*)(?:\.{2,}|\*+|…)([^.*…]*)$/.exec(hint) ?? [];
  if (start === undefined || end === undefined) return undefined;
  if (start.length + end.length >= secret.length) return undefined;
  if (!secret.startsWith(start) || !secret.endsWith(end)) return undefined;
  const own = (text: string, common: string) => Math.max(0, text.length - common.length);
  return own(start, shared.sharedPrefix) + own(end, shared.sharedSuffix);
}
