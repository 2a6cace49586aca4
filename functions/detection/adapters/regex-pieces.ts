/** Takes a regex apart at its capturing groups, so that where a group stands can be told without capturing. */

/** What stands before a group, in it, and after it. */
export interface Piece {
  readonly before: string;
  readonly group: string;
  readonly after: string;
}

/** A regex as what its matches begin with and then the first that matches of some pieces; of none, without a group. */
export interface Pieces {
  readonly prefix: string;
  readonly choices: readonly Piece[];
}

interface Group {
  readonly open: number;
  readonly close: number;
  readonly depth: number;
  readonly captures: boolean;
}

interface Outline {
  readonly groups: readonly Group[];
  /** Where a `|` stands, and in how many groups. */
  readonly bars: readonly { readonly at: number; readonly depth: number }[];
}

/**
 * Undefined where the groups lie in another way: then only the engine can say where they matched.
 * @param source a valid regex in RE2's syntax
 */
export function piecesOf(source: string): Pieces | undefined {
  const flags = /^\(\?[a-z]+\)/.exec(source)?.[0] ?? '';
  const text = source.slice(flags.length);
  // Flags that change in the middle would be lost to what follows.
  if (/\(\?[a-zA-Z-]+\)|\(\?P?</.test(text)) return undefined;
  const { groups, bars } = outlineOf(text);
  const captures = groups.filter((group) => group.captures);
  const [only] = captures;
  if (only === undefined) return { prefix: '', choices: [] };
  if (bars.some(({ depth }) => depth === 0)) return undefined;
  const cut = (from: number, to?: number): string => flags + text.slice(from, to);
  if (captures.length === 1 && only.depth === 0 && !isRepeated(text, only))
    return {
      prefix: '',
      choices: [
        {
          before: cut(0, only.open),
          group: cut(only.open + 1, only.close),
          after: cut(only.close + 1),
        },
      ],
    };
  const around = groups.find(
    (group) => group.depth === 0 && group.open < only.open && only.close < group.close,
  );
  if (around === undefined || !text.startsWith('(?:', around.open) || isRepeated(text, around))
    return undefined;
  const edges = [
    around.open + 2,
    ...bars
      .filter(({ at, depth }) => depth === 1 && at > around.open && at < around.close)
      .map(({ at }) => at),
    around.close,
  ];
  const choices: Piece[] = [];
  for (const [index, edge] of edges.slice(0, -1).entries()) {
    const end = edges[index + 1] ?? around.close;
    const [group, ...more] = captures.filter(({ open }) => open > edge && open < end);
    if (group?.depth !== 1 || more.length > 0 || isRepeated(text, group)) return undefined;
    choices.push({
      before: cut(edge + 1, group.open),
      group: cut(group.open + 1, group.close),
      after: cut(group.close + 1, end) + text.slice(around.close + 1),
    });
  }
  return captures.length === choices.length ? { prefix: cut(0, around.open), choices } : undefined;
}

function outlineOf(source: string): Outline {
  const groups: Group[] = [];
  const bars: { at: number; depth: number }[] = [];
  const open: number[] = [];
  for (let at = 0; at < source.length; at += 1) {
    const char = source[at];
    if (char === '\\') at += 1;
    else if (char === '[') at += classLength(source, at) - 1;
    else if (char === '|') bars.push({ at, depth: open.length });
    else if (char === '(') open.push(at);
    else if (char === ')') {
      const start = open.pop() ?? 0;
      const captures = source[start + 1] !== '?' || /^\(\?P?<[A-Za-z_]/.test(source.slice(start, start + 5));
      groups.push({ open: start, close: at, depth: open.length, captures });
    }
  }
  return { groups, bars };
}

const classLength = (source: string, at: number): number =>
  /^\[\^?\]?(?:\[:\^?\w+:\]|\\[^]|[^\]\\])*\]/.exec(source.slice(at))?.[0].length ?? 1;

const isRepeated = (source: string, { close }: Group): boolean => /[*+?{]/.test(source[close + 1] ?? '');
