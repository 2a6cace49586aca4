/** What a slip of the hand does to a regex, one slip at a time. */
import { nodesOf, parseRegex, type RegexNode } from './regex-tree.ts';

export interface Mutant {
  readonly regex: string;
  /** What was changed, for whoever reads that it survived. */
  readonly slip: string;
  /** Where in the regex. */
  readonly at: number;
  /** Characters that the slip lets in or shuts out, if it is about some. */
  readonly about: string;
}

/** RE2 counts no further. */
const MOST_REPEATS = 1000;

/** Every mutant that differs from the regex in its text. Some may still match the same. */
export function mutantsOf(regex: string): readonly Mutant[] {
  const mutants = new Map<string, Mutant>();
  const replace: Replace = (from, to, by, slip, about = '') => {
    const mutant = regex.slice(0, from) + by + regex.slice(to);
    if (mutant !== regex && !mutants.has(mutant))
      mutants.set(mutant, { regex: mutant, slip, at: from, about });
  };
  for (const node of nodesOf(parseRegex(regex))) mutate(node, regex, replace);
  return [...mutants.values()];
}

type Replace = (from: number, to: number, by: string, slip: string, about?: string) => void;

function mutate(node: RegexNode, regex: string, replace: Replace): void {
  const { from, to } = node;
  const text = regex.slice(from, to);
  switch (node.kind) {
    case 'char':
      replace(from, to, otherThan(node.char), `${text} becomes another character`, otherThan(node.char));
      replace(from, to, '', `${text} is dropped`);
      return;
    case 'anchor':
      replace(from, to, '', `${text} is dropped`);
      return;
    case 'class': {
      if (!node.bracketed) return;
      // An item with letters of more ranges, such as \w, is one.
      const places = [...new Map(node.items.map((item) => [item.from, item])).values()];
      if (places.length > 1)
        for (const item of places)
          replace(
            item.from,
            item.to,
            '',
            `${regex.slice(item.from, item.to)} is dropped from ${text}`,
            String.fromCodePoint(item.low, item.high),
          );
      const added = Array.from('!~;Zz9').find((char) => !node.items.some((item) => holds(item, char)));
      // `\S` and the like hold more than is worth spelling out.
      if (added !== undefined && !/\\[SWD]/.test(text))
        replace(to - 1, to, `${added}]`, `${added} is added to ${text}`, added);
      if (node.negated) replace(from, from + 2, '[', `${text} is no longer negated`);
      return;
    }
    case 'either':
      for (const one of node.nodes) {
        const isFirst = one === node.nodes[0];
        const dropped = regex.slice(one.from, one.to);
        replace(
          isFirst ? one.from : one.from - 1,
          isFirst ? one.to + 1 : one.to,
          '',
          `${dropped} is dropped`,
        );
      }
      return;
    case 'group':
      if (node.flags.startsWith('?') && node.flags.includes('i'))
        replace(from, from + 1 + node.flags.length, '(?:', `the case counts in ${text}`);
      return;
    case 'repeat':
      mutateRepeat(node, regex, replace);
      return;
    case 'sequence':
      return;
  }
}

function mutateRepeat(
  { min, max, from, quantifier, to, lazy }: RegexNode & { readonly kind: 'repeat' },
  regex: string,
  replace: Replace,
): void {
  const repeated = regex.slice(from, quantifier);
  const text = (repeated.length > 24 ? `…${repeated.slice(-23)}` : repeated) + regex.slice(quantifier, to);
  const changes = new Set<string>();
  const change = (least: number, most: number): void => {
    if (least < 0 || most < least || most === 0 || least > MOST_REPEATS) return;
    if (most !== Infinity && most > MOST_REPEATS) return;
    const ending = most === least ? '' : most === Infinity ? ',' : `,${most}`;
    changes.add(`{${least}${ending}}${lazy ? '?' : ''}`);
  };
  if (min === max) {
    change(min - 1, max - 1);
    change(min + 1, max + 1);
  } else {
    change(min - 1, max);
    change(min + 1, max);
    if (max !== Infinity) {
      change(min, max - 1);
      change(min, max + 1);
    }
  }
  for (const by of changes) replace(quantifier, to, by, `${text} becomes ${by}`);
}

const holds = ({ low, high }: { readonly low: number; readonly high: number }, char: string): boolean =>
  low <= char.charCodeAt(0) && char.charCodeAt(0) <= high;

const otherThan = (char: string): string =>
  /[a-z]/.test(char)
    ? char === 'q'
      ? 'j'
      : 'q'
    : /[A-Z]/.test(char)
      ? char === 'Q'
        ? 'J'
        : 'Q'
      : /\d/.test(char)
        ? char === '7'
          ? '4'
          : '7'
        : char === '%'
          ? '&'
          : '%';
