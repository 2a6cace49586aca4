import RE2 from 're2';
import type { ByteRegex, RegexSpans } from '../domain/ports.ts';
import { piecesOf, type Piece } from './regex-pieces.ts';

/**
 * RE2 over bytes: linear in the input, offsets in bytes.
 *
 * Capturing takes RE2 to its slower engines and node-re2 to an object and a copy for each group: 5 to 10 µs for a match
 * where a test costs 0.3. So matches are found by tests alone, and the group by tests of the regex's pieces. What stands
 * before the group matches by itself just as it does within the whole, unless that leaves the rest without a match
 * (leftmost-first semantics try alternatives in that order): then, and where a regex cannot be taken apart, RE2 captures.
 */
export function createRe2Regex(source: string): ByteRegex {
  // `g` honours lastIndex, `d` gives the groups' offsets, `s` and `m` are left to the source's own flags.
  const whole = new RE2(source, 'gdu');
  let locate: Locate | undefined;

  function captured(bytes: Buffer, from: number): RegexSpans | undefined {
    whole.lastIndex = from;
    return whole.exec(bytes)?.indices;
  }

  return {
    exec(bytes, from) {
      whole.lastIndex = from;
      if (!whole.test(bytes)) return undefined;
      const end = whole.lastIndex;
      locate ??= locatorOf(source);
      const start = startOf(whole, bytes, from);
      const group = start === undefined ? undefined : locate(bytes, start, end);
      return start === undefined || group === undefined ? captured(bytes, from) : [[start, end], ...group];
    },
  };
}

/** Where the first match from `from` on starts; a search begins one byte before it, for what looks at that byte. */
function startOf(regex: RE2, bytes: Buffer, from: number): number | undefined {
  if (from === 0) return regex.search(bytes);
  const start = regex.search(bytes.subarray(from - 1));
  return start === 0 ? undefined : from - 1 + start;
}

/** The groups of a match that reaches from `start` to `end`, or undefined where tests cannot tell. */
type Locate = (bytes: Buffer, start: number, end: number) => RegexSpans | undefined;

function locatorOf(source: string): Locate {
  const pieces = piecesOf(source);
  if (pieces === undefined) return () => undefined;
  const { choices } = pieces;
  if (choices.length === 0) return () => [];
  const prefix = endingOf(pieces.prefix);
  const located = choices.map(locatedBy);
  const wholes = choices.map(({ before, group, after }) => endingOf(`(?:${before})(?:${group})(?:${after})`));
  return (bytes, start, end) => {
    const from = prefix(bytes, start);
    if (from < 0) return undefined;
    const choice = wholes.length === 1 ? 0 : wholes.findIndex((ending) => ending(bytes, from) >= 0);
    const span = located[choice]?.(bytes, from, end);
    return span && choices.map((_, index) => (index === choice ? span : undefined));
  };
}

function locatedBy({ before, group, after }: Piece) {
  const first = endingOf(before);
  const last = isZeroWidth(after) ? undefined : endingOf(after);
  const middle = isZeroWidth(before) && last === undefined ? undefined : endingOf(group);
  return (bytes: Buffer, from: number, end: number): readonly [number, number] | undefined => {
    const start = first(bytes, from);
    if (middle === undefined) return [start, end];
    const stop = start < 0 ? -1 : middle(bytes, start);
    if (stop < 0 || (last === undefined ? stop : last(bytes, stop)) !== end) return undefined;
    return [start, stop];
  };
}

const isZeroWidth = (source: string): boolean => source === '' || source === String.raw`\b`;

/** Up to where a regex matches from a place on, or -1. What has no width holds wherever it is asked for. */
function endingOf(source: string): (bytes: Buffer, at: number) => number {
  if (isZeroWidth(source)) return (_, at) => at;
  const regex = new RE2(source, 'uy');
  return (bytes, at) => {
    regex.lastIndex = at;
    return regex.test(bytes) ? regex.lastIndex : -1;
  };
}
