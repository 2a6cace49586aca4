/** A regex of the rules as a tree that knows where each of its parts stands, to change one part at a time. */

/** A range of code points, both ends in it, and where it stands in the source. */
export interface ClassItem {
  readonly low: number;
  readonly high: number;
  readonly from: number;
  readonly to: number;
}

interface Placed {
  readonly from: number;
  readonly to: number;
}
export type RegexNode = Placed &
  (
    | { readonly kind: 'char'; readonly char: string; readonly anyCase: boolean }
    | {
        readonly kind: 'class';
        /** What the class holds, ranges of `\w` and the like among them. */
        readonly items: readonly ClassItem[];
        readonly negated: boolean;
        readonly bracketed: boolean;
      }
    | { readonly kind: 'anchor' }
    | { readonly kind: 'sequence'; readonly nodes: readonly RegexNode[] }
    | { readonly kind: 'either'; readonly nodes: readonly RegexNode[] }
    | { readonly kind: 'group'; readonly node: RegexNode; readonly flags: string }
    | {
        readonly kind: 'repeat';
        readonly node: RegexNode;
        readonly min: number;
        /** Infinity where there is no bound. */
        readonly max: number;
        /** Where the quantifier begins; it ends with the node. */
        readonly quantifier: number;
        readonly lazy: boolean;
      }
  );

const SHORT: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  d: [[48, 57]],
  w: [
    [97, 122],
    [65, 90],
    [48, 57],
    [95, 95],
  ],
  s: [
    [32, 32],
    [9, 10],
    [12, 13],
  ],
};
/** Some of what `\S`, `\W` or `\D` in a class holds, for all of them: enough to try it. */
const OUTSIDE = [[33, 47]] as const;
const CONTROL: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, a: 7 };

/** @throws on syntax that no rule uses: the rules are compiled before */
export function parseRegex(source: string): RegexNode {
  let at = 0;
  const take = (text: string): boolean => {
    if (!source.startsWith(text, at)) return false;
    at += text.length;
    return true;
  };

  function either(anyCase: boolean): RegexNode {
    const from = at;
    const nodes = [sequence(anyCase)];
    while (take('|')) nodes.push(sequence(anyCase));
    const [only] = nodes;
    return nodes.length === 1 && only !== undefined ? only : { kind: 'either', nodes, from, to: at };
  }

  function sequence(anyCase: boolean): RegexNode {
    const from = at;
    const nodes: RegexNode[] = [];
    let insensitive = anyCase;
    while (at < source.length && source[at] !== '|' && source[at] !== ')') {
      if (take('(?i)')) insensitive = true;
      else nodes.push(quantified(insensitive));
    }
    return { kind: 'sequence', nodes, from, to: at };
  }

  function quantified(anyCase: boolean): RegexNode {
    const from = at;
    const node = atom(anyCase);
    const quantifier = at;
    const bounds = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})/.exec(source.slice(at, at + 16));
    if (bounds === null) return node;
    at += bounds[0].length;
    const [min, max] = boundsOf(bounds);
    const lazy = take('?');
    return { kind: 'repeat', node, min, max, quantifier, lazy, from, to: at };
  }

  function atom(anyCase: boolean): RegexNode {
    const from = at;
    if (take('(')) {
      const flags = /^\?(?:[a-z-]*:|P?<\w+>)/.exec(source.slice(at, at + 64))?.[0] ?? '';
      at += flags.length;
      const node = either(anyCase || /^\?\w*i\w*:/.test(flags));
      if (!take(')')) throw new Error(`A group is not closed at ${at} of ${source}`);
      return { kind: 'group', node, flags, from, to: at };
    }
    if (take('[')) return bracketed(from);
    if (take('^') || take('$') || take('\\b') || take('\\B') || take('\\A') || take('\\z'))
      return { kind: 'anchor', from, to: at };
    if (take('.'))
      return { kind: 'class', items: [item(10, 10, from)], negated: true, bracketed: false, from, to: at };
    const [low, short] = single();
    if (short !== undefined)
      return {
        kind: 'class',
        items: short.ranges.map(([first, last]) => item(first, last, from)),
        negated: short.negated,
        bracketed: false,
        from,
        to: at,
      };
    return { kind: 'char', char: String.fromCodePoint(low), anyCase, from, to: at };
  }

  const item = (low: number, high: number, from: number): ClassItem => ({ low, high, from, to: at });

  function bracketed(from: number): RegexNode {
    const negated = take('^');
    const items: ClassItem[] = [];
    while (items.length === 0 || source[at] !== ']') {
      const start = at;
      const [low, short] = single();
      if (short !== undefined) {
        for (const [first, last] of short.negated ? OUTSIDE : short.ranges)
          items.push(item(first, last, start));
      } else if (source[at] === '-' && source[at + 1] !== ']') {
        at += 1;
        const [high] = single();
        items.push(item(low, high, start));
      } else items.push(item(low, low, start));
    }
    at += 1;
    return { kind: 'class', items, negated, bracketed: true, from, to: at };
  }

  /** One character, escaped or not, or what a letter stands for. */
  function single(): readonly [
    codePoint: number,
    short?: { readonly ranges: readonly (readonly [number, number])[]; readonly negated: boolean },
  ] {
    const codePoint = source.codePointAt(at) ?? 0;
    at += codePoint > 0xffff ? 2 : 1;
    if (codePoint !== 0x5c) return [codePoint];
    const char = source[at] ?? '';
    at += 1;
    const ranges = SHORT[char.toLowerCase()];
    if (ranges !== undefined) return [0, { ranges, negated: char !== char.toLowerCase() }];
    if (char === 'x') {
      const hex = /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})/.exec(source.slice(at, at + 10));
      at += hex?.[0].length ?? 0;
      return [Number.parseInt(hex?.[1] ?? hex?.[2] ?? '', 16)];
    }
    return [CONTROL[char] ?? char.charCodeAt(0)];
  }

  const tree = either(false);
  if (at < source.length) throw new Error(`Unexpected ${source[at] ?? ''} at ${at} of ${source}`);
  return tree;
}

function boundsOf([, sign, least, comma, most]: RegExpExecArray): readonly [number, number] {
  if (sign !== undefined) return [sign === '+' ? 1 : 0, sign === '?' ? 1 : Infinity];
  const min = Number(least);
  return [min, comma === '' ? min : most === '' ? Infinity : Number(most)];
}

/** Every node of a tree, outermost first. */
export function* nodesOf(tree: RegexNode): Generator<RegexNode> {
  yield tree;
  if (tree.kind === 'sequence' || tree.kind === 'either') for (const node of tree.nodes) yield* nodesOf(node);
  else if (tree.kind === 'group' || tree.kind === 'repeat') yield* nodesOf(tree.node);
}
