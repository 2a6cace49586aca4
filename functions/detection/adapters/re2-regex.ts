import RE2 from 're2';
import type { ByteRegex, RegexSpans } from '../domain/ports.ts';
import { automatonOf, UNKNOWN, type Automaton } from './regex-automaton.ts';
import { piecesOf, type Piece } from './regex-pieces.ts';

/** A longer match is one whole where tests cannot tell its group: capturing takes RE2 0.5 µs a byte and more there. */
const LONGEST_CAPTURED = 512;

/**
 * RE2 over bytes: linear in the input, offsets in bytes.
 *
 * Capturing takes RE2 to its slower engines and node-re2 to an object and a copy for each group: 5 to 10 µs for a match
 * where a test costs 0.3. So matches are found by tests alone, and the group by tests of the regex's pieces. What stands
 * before the group matches by itself just as it does within the whole, unless that leaves the rest without a match
 * (leftmost-first semantics try alternatives in that order): then, and where a regex cannot be taken apart, RE2 captures.
 * A match of more than {@link LONGEST_CAPTURED} bytes comes without its group then.
 */
export function createRe2Regex(source: string): ByteRegex {
  // `g` honours lastIndex, `d` gives the groups' offsets, `s` and `m` are left to the source's own flags.
  const regex = new RE2(source, 'gdu');
  const automaton = lazyAutomaton(source);
  const sticky = endingOf(source, automaton);
  let locate: Locate | undefined;

  /** What tests tell of a match from `start` to `end`; undefined where RE2 has to capture. */
  function located(bytes: Buffer, start: number, end: number): RegexSpans | undefined {
    locate ??= locatorOf(source);
    const spans = locate(bytes, start, end);
    return spans ?? (end - start > LONGEST_CAPTURED ? [start, end] : undefined);
  }

  function captured(bytes: Buffer, from: number): RegexSpans | undefined {
    regex.lastIndex = from;
    return regex.exec(bytes)?.indices?.flatMap((span) => span ?? [-1, -1]);
  }

  return {
    matchAt(bytes, at, limit) {
      const known = automaton();
      const end = known?.endAt(bytes, at, limit) ?? UNKNOWN;
      if (known === undefined || end === UNKNOWN) return 'undecided';
      return end < 0 ? known.looked() : (located(bytes, at, end) ?? captured(bytes, at) ?? 'undecided');
    },
    mayMatchAt: (bytes, at, start, end) => automaton()?.mayMatchAt(bytes, at, start, end) ?? true,
    exec(bytes, from) {
      const start = startOf(regex, sticky, bytes, from);
      if (start === -1) return undefined;
      // From a known start it is the cheaper question how far a match reaches.
      const end = start === undefined ? -1 : sticky(bytes, start);
      return (
        (start === undefined || end < 0 ? undefined : located(bytes, start, end)) ?? captured(bytes, from)
      );
    },
  };
}

/**
 * Where the first match from `from` on starts: -1 where there is none, undefined where searches cannot tell. A search
 * looks at no byte before its text, so it begins one before `from`; where it finds what starts there, it is tried again
 * at `from` and past it.
 */
function startOf(regex: RE2, sticky: Ending, bytes: Buffer, from: number): number | undefined {
  if (from === 0) return regex.search(bytes);
  const start = regex.search(bytes.subarray(from - 1));
  if (start !== 0) return start < 0 ? -1 : from - 1 + start;
  if (sticky(bytes, from) >= 0) return from;
  regex.lastIndex = from;
  if (!regex.test(bytes)) return -1;
  const later = regex.search(bytes.subarray(from));
  return later > 0 ? from + later : undefined;
}

/** A match that reaches from `start` to `end` and its groups, or undefined where tests cannot tell. */
type Locate = (bytes: Buffer, start: number, end: number) => RegexSpans | undefined;

function locatorOf(source: string): Locate {
  const pieces = piecesOf(source);
  if (pieces === undefined) return () => undefined;
  const { choices } = pieces;
  const prefix = endingOf(pieces.prefix);
  const located = choices.map(locatedBy);
  const wholes = choices.map(({ before, group, after }) => endingOf(`(?:${before})(?:${group})(?:${after})`));
  return (bytes, start, end) => {
    const spans = [start, end];
    if (choices.length === 0) return spans;
    const from = prefix(bytes, start);
    if (from < 0) return undefined;
    const choice = wholes.length === 1 ? 0 : wholes.findIndex((ending) => ending(bytes, from) >= 0);
    for (let index = 0; index < choices.length; index += 1)
      if (index !== choice) spans.push(-1, -1);
      else if (located[choice]?.(bytes, from, end, spans) !== true) return undefined;
    return choice < 0 ? undefined : spans;
  };
}

/** Writes down where the group stands, if tests can tell. */
function locatedBy({ before, group, after }: Piece) {
  const first = endingOf(before);
  const middle = endingOf(group);
  const last = endingOf(after);
  // That the rest matches from here on up to the end is known only where nothing stands before the group.
  const rest = isZeroWidth(before) ? undefined : endingOf(`(?:${group})(?:${after})`);
  const width = widthOf(after);
  return (bytes: Buffer, from: number, end: number, spans: number[]): boolean => {
    const start = first(bytes, from);
    if (start < 0) return false;
    const known = width(bytes, end);
    if (known !== undefined) {
      if (rest !== undefined && rest(bytes, start) !== end) return false;
      spans.push(start, end - known);
      return true;
    }
    const stop = middle(bytes, start);
    if (stop < 0 || last(bytes, stop) !== end) return false;
    spans.push(start, stop);
    return true;
  };
}

const isZeroWidth = (source: string): boolean => source === '' || source === String.raw`\b`;

/** Up to where a regex matches from a place on, or -1. */
type Ending = (bytes: Buffer, at: number) => number;

/** Compiled on first use. What has no width holds wherever it is asked for. */
function endingOf(source: string, automaton = lazyAutomaton(source)): Ending {
  if (isZeroWidth(source)) return (_, at) => at;
  let regex: RE2 | undefined;
  return (bytes, at) => {
    const told = automaton()?.endAt(bytes, at) ?? UNKNOWN;
    if (told !== UNKNOWN) return told;
    regex ??= new RE2(source, 'uy');
    regex.lastIndex = at;
    return regex.test(bytes) ? regex.lastIndex : -1;
  };
}

/** Built when it is first asked for; undefined for what is left to RE2. */
function lazyAutomaton(source: string): () => Automaton | undefined {
  let built: { readonly automaton: Automaton | undefined } | undefined;
  return () => {
    built ??= { automaton: automatonOf(source) };
    return built.automaton;
  };
}

/** A character that must not follow, or the end of the text. */
const EDGE = /^\(\?:\[\^(?:\\.|[^\]\\])+\]\|\$\)$/;
/** Single characters of ASCII, one after the other. */
const ATOMS = /\[(?!\^)(?:\\[^DWSPpx]|[ -Z^-~])+\]|\\[!-/:-@[-`{-~]|[A-Za-z0-9 !"#%&',/:;<=>@_`~-]/y;

/** How many bytes what stands after a group took at the end of a match, where that can be told without a test. */
function widthOf(source: string): (bytes: Buffer, end: number) => number | undefined {
  if (EDGE.test(source))
    return (bytes, end) => {
      // At the end of the text it may be either.
      if (end === bytes.length) return undefined;
      let width = 1;
      while (width < 4 && ((bytes[end - width] ?? 0) & 0xc0) === 0x80) width += 1;
      return width;
    };
  if (isZeroWidth(source)) return () => 0;
  let width = 0;
  for (ATOMS.lastIndex = 0; ATOMS.lastIndex < source.length; width += 1)
    if (!ATOMS.test(source)) return () => undefined;
  return () => width;
}
