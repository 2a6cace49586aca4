/** Texts at the edges of what a regex matches: least and most repeats, each item of each class, each alternative. */
import type { Random } from '../../test/support/fleet/random.ts';
import type { ClassItem, RegexNode } from './regex-tree.ts';

/** What may stand beside a match and decide whether it is one. */
const BESIDE = ['', '', ' ', 'x', '_', '0', '-', '/', '"', '=', '.', '+', '%', '!', 'Z', '\n'];
/** More repeats than these are tried only where a bound asks for them. */
const FEW = 3;

/** A text that the tree matches or nearly matches, in some surroundings. */
export function sampleOf(tree: RegexNode, random: Random): string {
  const pick = <T>(from: readonly T[]): T | undefined => from[random.int(from.length)];
  const beside = (): string => pick(BESIDE) ?? '';

  function write(node: RegexNode): string {
    switch (node.kind) {
      case 'char':
        return node.anyCase && random.int(3) === 0 ? otherCase(node.char) : node.char;
      case 'anchor':
        return '';
      case 'class':
        return charOf(node.items, node.negated);
      case 'group':
        return write(node.node);
      case 'either':
        return write(pick(node.nodes) ?? node);
      case 'sequence':
        return node.nodes.map(write).join('');
      case 'repeat':
        return writeRepeat(node);
    }
  }

  function writeRepeat({ node, min, max }: RegexNode & { readonly kind: 'repeat' }): string {
    const most = max === Infinity ? min + FEW : max;
    const count = pick([min, min, most, min + random.int(Math.min(FEW, most - min) + 1)]) ?? min;
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
    return order ? few + rest : rest + few;
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
