/** Which entry of a provider's list is the credential. */
import { textAt } from '../../kernel/answers.ts';
import type { DeclaredList } from './declaration.ts';

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
