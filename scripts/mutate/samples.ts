/** Texts at the edges of what a regex matches: least and most repeats, each item of each class, each alternative. */
import type { Random } from '../../test/support/fleet/random.ts';
import type { ClassItem, RegexNode } from './regex-tree.ts';

/** What may stand beside a match and decide whether it is one. */
const BESIDE = ['', '', ' ', 'x', '_', '0', '-', '/', '"', '=', '.', '+', '%', '!', 'Z', '\n', '('];
/** More repeats than these are tried only where a bound asks for them. */
const FEW = 3;

/** What a text is to show. */
interface Aim {
  /** A place in the regex: the text goes through it mostly, and is short elsewhere. */
  readonly at: number;
  /** Characters to try there, whether they belong there or not. */
  readonly about: string;
}

/** A text that the tree matches or nearly matches, in some surroundings. */
export function sampleOf(tree: RegexNode, random: Random, { at, about }: Aim): string {
  const pick = <T>(from: readonly T[]): T | undefined => from[random.int(from.length)];
  const beside = (): string => pick(BESIDE) ?? '';
  const mostly = (): boolean => random.int(8) > 0;
  const holdsAim = ({ from, to }: RegexNode): boolean => from <= at && at < to;

  function write(node: RegexNode): string {
    switch (node.kind) {
      case 'char':
        return node.anyCase && random.int(3) === 0 ? otherCase(node.char) : node.char;
      case 'anchor':
        return '';
      case 'class':
        return holdsAim(node) && random.int(2) === 0
          ? (pick(Array.from(about)) ?? charOf(node.items, node.negated))
          : charOf(node.items, node.negated);
      case 'group':
        return write(node.node);
      case 'either':
        return write((mostly() ? node.nodes.find(holdsAim) : undefined) ?? pick(node.nodes) ?? node);
      case 'sequence':
        return node.nodes.map(write).join('');
      case 'repeat':
        return writeRepeat(node);
    }
  }

  function writeRepeat(repeat: RegexNode & { readonly kind: 'repeat' }): string {
    const { node, min, max } = repeat;
    const most = max === Infinity ? min + FEW : max;
    const some = pick([min, min, most, min + random.int(Math.min(FEW, most - min) + 1)]) ?? min;
    const count = holdsAim(repeat)
      ? Math.max(some, Number(holdsAim(node) && mostly()))
      : random.int(3) > 0
        ? min
        : some;
    const inner =
      node.kind === 'group' && node.node.kind === 'sequence' && node.node.nodes.length === 1
        ? (node.node.nodes[0] ?? node)
        : node;
    if (inner.kind !== 'class') return Array.from({ length: count }, () => write(node)).join('');
    // Each item once, in some order, and then one of them again and again: short to write down and to read.
    const each = inner.negated
      ? [charOf(inner.items, true)]
      : inner.items.map((item) => charOf([item], false)).toSorted(() => random.int(3) - 1);
    const fill = pick(each) ?? '';
    const order = random.int(2) === 0;
    const few = each.slice(0, count).join('');
    const rest = fill.repeat(Math.max(0, count - each.length));
    const text = order ? few + rest : rest + few;
    if (text === '' || about === '' || !holdsAim(inner) || random.int(2) === 0) return text;
    const place = pick([0, text.length - 1, random.int(text.length)]) ?? 0;
    return text.slice(0, place) + (pick(Array.from(about)) ?? '') + text.slice(place + 1);
  }

  function charOf(items: readonly ClassItem[], negated: boolean): string {
    if (negated) {
      const outside = Array.from(' !x0"%Z~;\'?\\\né').filter(
        (char) => !items.some(({ low, high }) => low <= codeOf(char) && codeOf(char) <= high),
      );
      return pick(outside) ?? '';
    }
    const item = pick(items);
    if (item === undefined) return '';
    const code = pick([item.low, item.high, item.low + random.int(item.high - item.low + 1)]) ?? item.low;
    return String.fromCodePoint(code);
  }

  const text = write(tree);
  // One character too many or too few at an edge tells bounds and anchors apart.
  const cut = random.int(6);
  const edged =
    cut === 0 ? text.slice(1) : cut === 1 ? text.slice(0, -1) : cut === 2 ? text + text.slice(-1) : text;
  return beside() + edged + beside();
}

const codeOf = (char: string): number => char.codePointAt(0) ?? 0;
const otherCase = (char: string): string =>
  char === char.toUpperCase() ? char.toLowerCase() : char.toUpperCase();
