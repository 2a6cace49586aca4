/**
 * Says where a body of texts holds something encoded or disguised. It runs over every byte that is ever scanned, so
 * it looks at few of them: native searches for what escapes begin with, and leaps from one possible long token to the
 * next. Each look is bounded, so the whole is linear.
 */
import { isAscii } from 'node:buffer';
import { isDigit, isLower, isUpper } from '../words.ts';
import {
  ALPHANUMERIC,
  BREAK,
  HEX_DIGIT,
  hexAt,
  KIND,
  KINDS,
  NIBBLE,
  PRINTABLE,
  SEPARATOR,
  SEXTET,
  TOKEN,
} from './bytes.ts';
import { skipLineBreak, type MisspelledToken, type Recipe, type Region } from './decode.ts';
import { codePointAt, fold } from './lookalikes.ts';

/** Where texts lie in a body of bytes, ascending; a byte that is in none of them stands after each. */
export interface Layout {
  readonly bytes: Buffer;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** A region of one text, relative to its start. */
export type FoundRegion = Region & { readonly text: number };

/** A long token that stands at the very end or the very start of a string literal, or of its text. */
export interface Edge {
  readonly text: number;
  readonly from: number;
  readonly to: number;
  readonly side: 'head' | 'tail';
}

/** Token prefixes by their first three characters in lower case, as one number; longer ones before shorter ones. */
export type Prefixes = ReadonlyMap<number, readonly Buffer[]>;

/** The shortest token that is looked into, in characters. */
export const MIN_TOKEN = 20;
/** How much of a text before and after what is encoded is decoded with it: a name, and the rest of a secret. */
const BEFORE = 128;
const AFTER = 512;
/** How far a region grows to where what stands together begins and ends. */
const GROW_BACK = 2048;
const GROW_ON = 8192;
/** Groups of four base64 characters in a row that decode to text: 18 bytes. A chance run of them is rare (2⁻²²). */
const TEXT_GROUPS = 6;
/** Bytes of text in a row in hex; rarer still by chance. */
const TEXT_BYTES = 12;

interface Mark {
  /** Its first byte is looked for natively over the whole body, the rest where that stands. */
  readonly spelling: Buffer;
  readonly recipe: Recipe;
  readonly holds?: (bytes: Buffer, at: number) => boolean;
}

const ESCAPES: Recipe = { disguise: 'escapes' };
const LOOKALIKES: Recipe = { disguise: 'lookalikes' };
const IN_BASE64: Recipe = { disguise: 'base64' };
const IN_HEX: Recipe = { disguise: 'hex' };

const marks = (recipe: Recipe, spellings: readonly string[], holds?: Mark['holds']): readonly Mark[] =>
  spellings.map((spelling) => ({ spelling: Buffer.from(spelling), recipe, ...(holds && { holds }) }));

/** What stands at the beginning of an escape, by its first byte; where several begin alike, the first that stands there. */
const MARKS: ReadonlyMap<number, readonly Mark[]> = Map.groupBy(
  [
    ...marks(ESCAPES, ['\\u', '\\x', '\\/', '\\\\', '\\\n']),
    ...marks({ disguise: 'percent' }, ['%'], (bytes, at) => hexAt(bytes, at + 1, at + 3) >= 0),
    ...marks({ disguise: 'entities' }, ['&#', '&quot;', '&amp;', '&equals;', '&lowbar;']),
    ...marks({ disguise: 'concatenation', commas: false }, ['+ "', '+"', "+ '", "+'", '+ \\', '+\\', '+\n']),
  ],
  ({ spelling }) => spelling[0] ?? 0,
);
/** The same for a byte that is in any text: looked for whole. */
const WHOLE_MARKS: readonly Mark[] = [
  ...marks({ disguise: 'concatenation', commas: false }, ['. "', ". '"]),
  ...marks({ disguise: 'concatenation', commas: true }, ['.join(']),
];

/**
 * @param isKnown whether a part of a text was looked into before, as part of what the text was decoded from; undefined
 *   for entries themselves
 * @param edges takes up the long tokens at the edges of strings, where they are asked for
 */
export function findDisguised(
  layout: Layout,
  prefixes: Prefixes,
  isKnown: ((text: number, from: number, to: number) => boolean) | undefined,
  edges?: Edge[],
): readonly FoundRegion[] {
  const found: OpenRegion[] = [];
  let last: OpenRegion | undefined;
  let lastCase: (FoundRegion & { to: number; readonly tokens: MisspelledToken[] }) | undefined;
  const regions: Regions = {
    push(recipe, text, from, to) {
      if (isKnown !== undefined) {
        const start = layout.starts[text] ?? 0;
        const end = layout.ends[text] ?? 0;
        // With its neighbours: they decide where a token begins.
        if (isKnown(text, Math.max(start, from - 1) - start, Math.min(end, to + 1) - start)) return;
      }
      if (recipe.disguise === 'case') {
        // A token that is looked into together with the one before is spelled right there too.
        if (lastCase?.text === text && from <= lastCase.to) {
          lastCase.tokens.push(...recipe.tokens);
          lastCase.to = Math.max(lastCase.to, to);
          return;
        }
        lastCase = { ...recipe, tokens: [...recipe.tokens], text, from, to };
        found.push(lastCase);
        return;
      }
      // Thousands of marks in a row are one region, not thousands to merge.
      if (
        last?.text === text &&
        !isExact(recipe) &&
        keyOf(last) === keyOf(recipe) &&
        from >= last.from &&
        from - last.to <= AFTER
      )
        last.to = Math.max(last.to, to);
      else {
        last = { ...recipe, text, from, to };
        found.push(last);
      }
    },
  };
  for (const [byte, alike] of MARKS) findMarks(layout, byte, alike, regions);
  for (const mark of WHOLE_MARKS) findMarks(layout, mark.spelling, [mark], regions);
  findLookalikes(layout, regions);
  findTokens(layout, prefixes, regions, edges);
  return merged(layout, found);
}

/** Regions are collected in bytes of the body, and turned into bytes of their text at the end. */
interface Regions {
  push(recipe: Recipe, text: number, from: number, to: number): void;
}
type OpenRegion = FoundRegion & { to: number };

/** @param sought what all of `alike` begin with */
function findMarks(
  { bytes, ends }: Layout,
  sought: number | Buffer,
  alike: readonly Mark[],
  regions: Regions,
): void {
  const last = ends.at(-1) ?? 0;
  let text = 0;
  let end = ends[0] ?? 0;
  for (let at = bytes.indexOf(sought); at >= 0 && at < last;) {
    while (end <= at) {
      text += 1;
      end = ends[text] ?? last;
    }
    let next = at + 1;
    for (const { spelling, recipe, holds } of alike) {
      const to = at + spelling.length;
      if (to > end || !standsAt(bytes, at, spelling) || (holds !== undefined && !holds(bytes, at))) continue;
      regions.push(recipe, text, at, to);
      next = to;
      break;
    }
    at = nextOf(bytes, sought, next);
  }
}

function standsAt(bytes: Buffer, at: number, text: Buffer): boolean {
  for (let offset = 0; offset < text.length; offset += 1)
    if (bytes[at + offset] !== text[offset]) return false;
  return true;
}

/** Where marks stand close, the next is sooner found here than by a native call. */
const CLOSE = 32;

function nextOf(bytes: Buffer, sought: number | Buffer, from: number): number {
  if (typeof sought !== 'number') return bytes.indexOf(sought, from);
  const far = Math.min(bytes.length, from + CLOSE);
  for (let at = from; at < far; at += 1) if (bytes[at] === sought) return at;
  return bytes.indexOf(sought, far);
}

function findLookalikes({ bytes, starts, ends }: Layout, regions: Regions): void {
  for (const [text, end] of ends.entries()) {
    const start = starts[text] ?? 0;
    if (isAscii(bytes.subarray(start, end))) continue;
    for (let at = start; at < end;) {
      if ((bytes[at] ?? 0) < 0x80) {
        at += 1;
        continue;
      }
      const char = codePointAt(bytes, at);
      const length = char?.length ?? 1;
      const folded = char === undefined ? undefined : fold(char.codePoint);
      if (folded !== undefined && (folded.odd || besideToken(bytes, at, at + length)))
        regions.push(LOOKALIKES, text, at, at + length);
      at += length;
    }
  }
}

const besideToken = (bytes: Buffer, from: number, to: number): boolean =>
  TOKEN[bytes[from - 1] ?? 0] === 1 || TOKEN[bytes[to] ?? 0] === 1;

/**
 * Every token of at least {@link MIN_TOKEN} characters: a token that long holds the byte that many past the last byte
 * that is in none, so from there one looks back, and leaps on where one meets another such byte (as Boyer and Moore).
 */
function findTokens(
  { bytes, starts, ends }: Layout,
  prefixes: Prefixes,
  regions: Regions,
  edges: Edge[] | undefined,
): void {
  // Nearer than the imported ones, which cost a look-up each time.
  const token = TOKEN;
  const kind = KIND;
  const separators = SEPARATOR;
  const known = nothingKnown();
  for (const [text, end] of ends.entries()) {
    const start = starts[text] ?? 0;
    // Up to where text is already known to be in a region of this kind.
    let separatedTo = start;
    let encodedTo = start;
    let before = start - 1;
    while (before + MIN_TOKEN < end) {
      let at = before + MIN_TOKEN;
      while (at > before && token[bytes[at] ?? 0] === 1) at -= 1;
      if (at > before) {
        if (
          separators[bytes[at] ?? 0] === 1 &&
          at >= separatedTo &&
          at + 1 < end &&
          token[bytes[at + 1] ?? 0] === 1 &&
          token[bytes[at - 1] ?? 0] === 1
        )
          separatedTo = findSeparators(bytes, at, start, end, text, regions) ?? separatedTo;
        before = at;
        continue;
      }
      const from = before + 1;
      let to = from;
      let kinds = 0;
      for (; to < end; to += 1) {
        const byte = bytes[to] ?? 0;
        if (token[byte] !== 1) break;
        kinds |= kind[byte] ?? 0;
      }
      findEscapedStart(bytes, from, start, text, regions);
      // Random hex looks like no text in base64: no text has only these letters there.
      const isHex = kinds === KINDS.hex;
      if (from >= encodedTo) {
        if (!isHex) encodedTo = findBase64(bytes, from, to, end, text, regions) ?? encodedTo;
        if (isHex) findHexText(bytes, from, to, text, regions);
        else findHex(bytes, from, to, text, regions);
      }
      if ((kinds & KINDS.mark) !== 0) {
        findMisspelled(bytes, from, to, end, text, prefixes, known, regions);
        for (let mark = Math.max(from, separatedTo); mark < to; mark += 1)
          if (mark >= separatedTo && (KIND[bytes[mark] ?? 0] ?? 0) === KINDS.mark)
            separatedTo = findSeparators(bytes, mark, start, end, text, regions) ?? separatedTo;
      }
      if (edges !== undefined && !isHex) {
        const edge = { text, from: from - start, to: to - start };
        if (from === start || bytes[from - 1] === 0x22) edges.push({ ...edge, side: 'head' });
        let after = to;
        // Dots may say that more follows.
        while (after < end && after < to + 4 && (bytes[after] === 0x2e || bytes[after] === 0x20)) after += 1;
        if (after === end || bytes[after] === 0x22) edges.push({ ...edge, side: 'tail' });
      }
      before = to;
    }
  }
}

const LONGEST_START = 32;

/** `\n` and the token after it read as one word; so does `\nSG.` and what follows. */
function findEscapedStart(bytes: Buffer, from: number, start: number, text: number, regions: Regions): void {
  let at = from;
  while (
    at > start &&
    at > from - LONGEST_START &&
    (bytes[at - 1] === 0x2e || TOKEN[bytes[at - 1] ?? 0] === 1)
  )
    at -= 1;
  const letter = bytes[at];
  if (at <= start || bytes[at - 1] !== 0x5c) return;
  if (letter === 0x6e || letter === 0x74 || letter === 0x72 || letter === 0x62 || letter === 0x66)
    regions.push(ESCAPES, text, at - 1, at + 1);
}

/** @returns up to where a region was found, if any */
function findBase64(
  bytes: Buffer,
  from: number,
  to: number,
  end: number,
  text: number,
  regions: Regions,
): number | undefined {
  let found: number | undefined;
  for (let phase = 0; phase < 4; phase += 1) {
    if (!decodesToText(bytes, from + phase, to) && !beginsAsUtf8(bytes, from + phase, to, 6)) continue;
    let last = to;
    for (let line = skipLineBreak(bytes, last, end); line > last; line = skipLineBreak(bytes, last, end)) {
      last = line;
      while (last < end && (SEXTET[bytes[last] ?? 0] ?? 64) < 64) last += 1;
    }
    regions.push(IN_BASE64, text, from + phase, last);
    found = last;
    // Read from another character on, the rest of what is all text is text by chance alone.
    if (isAllText(bytes, from + phase, to)) break;
  }
  return found;
}

/**
 * Whether six groups in a row decode to text. Six in a row hold every sixth group of all, so one looks at those alone,
 * and at their neighbours where one is text.
 */
function decodesToText(bytes: Buffer, from: number, to: number): boolean {
  const groups = (to - from) >> 2;
  for (let probe = TEXT_GROUPS - 1; probe < groups; probe += TEXT_GROUPS) {
    let printable = textIn(bytes, from + 4 * probe);
    if (printable < 0) continue;
    let count = 1;
    for (let step = -1; step <= 1; step += 2)
      for (let group = probe + step; group >= 0 && group < groups && count < 2 * TEXT_GROUPS; group += step) {
        const more = textIn(bytes, from + 4 * group);
        if (more < 0) break;
        printable += more;
        count += 1;
      }
    // UTF-16 has a zero in every other byte; padding has nothing else.
    if (count >= TEXT_GROUPS && printable * 3 >= count * 4) return true;
  }
  return false;
}

/** So many groups in a row are text by chance once in 2 to the 60 times and more. */
const ALL_GROUPS = 16;

/** Whether every group decodes to text, of which there are enough. */
function isAllText(bytes: Buffer, from: number, to: number): boolean {
  const groups = (to - from) >> 2;
  if (groups < ALL_GROUPS) return false;
  for (let group = 0; group < groups; group += 1) if (textIn(bytes, from + 4 * group) < 0) return false;
  return true;
}

/** How many characters a group of base64 decodes to, zeros not counted, or -1 where it does not decode to text. */
function textIn(bytes: Buffer, at: number): number {
  const a = SEXTET[bytes[at] ?? 0] ?? 0;
  const b = SEXTET[bytes[at + 1] ?? 0] ?? 0;
  // No byte of text has its first bit set.
  if (a >= 32 || (b & 8) !== 0) return -1;
  const c = SEXTET[bytes[at + 2] ?? 0] ?? 0;
  const d = SEXTET[bytes[at + 3] ?? 0] ?? 0;
  const first = (a << 2) | (b >> 4);
  const second = ((b & 15) << 4) | (c >> 2);
  const third = ((c & 3) << 6) | d;
  if (!isText(first) || !isText(second) || !isText(third)) return -1;
  return Number(first > 0) + Number(second > 0) + Number(third > 0);
}

const isText = (byte: number): boolean => byte === 0 || PRINTABLE[byte] === 1;

/** Leaps as {@link findTokens} does. */
function findHex(bytes: Buffer, from: number, to: number, text: number, regions: Regions): void {
  const leap = 2 * TEXT_BYTES;
  let before = from - 1;
  while (before + leap < to) {
    let at = before + leap;
    while (at > before && HEX_DIGIT[bytes[at] ?? 0] === 1) at -= 1;
    if (at > before) {
      before = at;
      continue;
    }
    let end = before + leap + 1;
    while (end < to && HEX_DIGIT[bytes[end] ?? 0] === 1) end += 1;
    findHexText(bytes, before + 1, end, text, regions);
    before = end;
  }
}

function findHexText(bytes: Buffer, from: number, to: number, text: number, regions: Regions): void {
  for (let phase = 0; phase < 2; phase += 1)
    if (hexDecodesToText(bytes, from + phase, to) || beginsAsUtf8(bytes, from + phase, to, 4))
      regions.push(IN_HEX, text, from + phase, to - ((to - from - phase) % 2));
}

const BEGINNING_BYTES = 12;
const beginning = Buffer.alloc(BEGINNING_BYTES);

/**
 * Whether the first bytes that digits stand for are UTF-8 that is not all ASCII: text may be in another script, or in
 * disguise itself. Twelve bytes are so by chance once in some thousand times.
 * @param bits of one digit: 4 or 6
 */
function beginsAsUtf8(bytes: Buffer, from: number, to: number, bits: 4 | 6): boolean {
  const values = bits === 4 ? NIBBLE : SEXTET;
  let held = 0;
  let value = 0;
  let length = 0;
  let checked = 0;
  for (let at = from; at < to && length < BEGINNING_BYTES; at += 1) {
    value = ((value << bits) | (values[bytes[at] ?? 0] ?? 0)) & 0xffff;
    held += bits;
    if (held < 8) continue;
    held -= 8;
    const byte = (value >> held) & 0xff;
    beginning[length] = byte;
    length += 1;
    // Most that is no text shows it in its first bytes.
    if (byte < 0x80 ? PRINTABLE[byte] !== 1 : byte > 0xf4 || (length === 1 && byte < 0xc2)) return false;
  }
  if (length < BEGINNING_BYTES) return false;
  // The last character may be cut.
  while (checked < BEGINNING_BYTES - 3) {
    const char = codePointAt(beginning, checked);
    if (char === undefined) return false;
    checked += char.length;
  }
  return true;
}

/** As {@link decodesToText}, for bytes of two digits. */
function hexDecodesToText(bytes: Buffer, from: number, to: number): boolean {
  const length = (to - from) >> 1;
  for (let probe = TEXT_BYTES - 1; probe < length; probe += TEXT_BYTES) {
    if (!isHexText(bytes, from + 2 * probe)) continue;
    let count = 1;
    for (let step = -1; step <= 1; step += 2)
      for (let byte = probe + step; byte >= 0 && byte < length && count < 2 * TEXT_BYTES; byte += step) {
        if (!isHexText(bytes, from + 2 * byte)) break;
        count += 1;
      }
    if (count >= TEXT_BYTES) return true;
  }
  return false;
}

const isHexText = (bytes: Buffer, at: number): boolean =>
  isText((NIBBLE[bytes[at] ?? 0] ?? 0) * 16 + (NIBBLE[bytes[at + 1] ?? 0] ?? 0));

/** A token's prefix in another case: whoever reads it restores it. */
function findMisspelled(
  bytes: Buffer,
  from: number,
  to: number,
  end: number,
  text: number,
  prefixes: Prefixes,
  known: Unbroken,
  regions: Regions,
): void {
  const candidates = prefixes.get(prefixKey(bytes, from));
  if (candidates === undefined) return;
  // The longest first: a shorter one is its beginning.
  for (const prefix of candidates) {
    let misspelled = false;
    let at = 0;
    for (; at < prefix.length && from + at < to; at += 1) {
      const byte = bytes[from + at] ?? 0;
      const wanted = prefix[at] ?? 0;
      if (byte === wanted) continue;
      if (ALPHANUMERIC[byte] !== 1 || (byte ^ wanted) !== 0x20) break;
      misspelled = true;
    }
    if (at < prefix.length || !misspelled) continue;
    const tokens = [{ at: from, beginning: prefix }];
    regions.push({ disguise: 'case', tokens }, text, from, grownTo(bytes, to, end, known));
    return;
  }
}

/** The three bytes from a place on, letters in lower case, as one number. */
export const prefixKey = (bytes: Buffer, at: number): number =>
  (((bytes[at] ?? 0) | 0x20) << 16) | (((bytes[at + 1] ?? 0) | 0x20) << 8) | ((bytes[at + 2] ?? 0) | 0x20);

/** The longest piece between two separators, in characters. */
const LONGEST_PIECE = 8;
const MIN_SEPARATED = 16;

/**
 * The same separator after every so many characters.
 * @param at where one of the separators stands
 * @returns up to where this has been answered, if more than this place has
 */
function findSeparators(
  bytes: Buffer,
  at: number,
  start: number,
  end: number,
  text: number,
  regions: Regions,
): number | undefined {
  const separator = bytes[at] ?? 0;
  for (let every = 1; every <= LONGEST_PIECE; every += 1) {
    const step = every + 1;
    const next = bytes[at + step] === separator;
    const previous = bytes[at - step] === separator;
    const isRegular =
      (next && (previous || bytes[at + 2 * step] === separator)) ||
      (previous && bytes[at - 2 * step] === separator);
    if (!isRegular) continue;
    const least = every <= 2 ? 8 : every <= 5 ? 4 : 3;
    if (!areAsMany(bytes, at, step, separator, least)) continue;
    let first = at;
    while (first - step >= start && bytes[first - step] === separator && isPiece(bytes, first - every, first))
      first -= step;
    let last = at;
    while (last + step < end && bytes[last + step] === separator && isPiece(bytes, last + 1, last + step))
      last += step;
    const count = (last - first) / step + 1;
    if (count < least) continue;
    let from = first;
    while (from > start && from > first - LONGEST_START && isPiece(bytes, from - 1, from)) from -= 1;
    let to = last + 1;
    while (to < end && to < last + LONGEST_END && (isPiece(bytes, to, to + 1) || bytes[to] === EQUALS))
      to += 1;
    // Looked at once and not again from its next separator, or a long one would cost its square; past its last one
    // others may stand that are the real ones, where these are marks of the token itself.
    const answered = last + 1;
    if (!looksRandom(bytes, from, to, every) || isUuid(bytes, first, last)) return answered;
    // The first and the last separator may be no part of it, but stand before and after it.
    for (const [skipped, kept] of count > 3 ? EDGES : EDGES.slice(0, 1)) {
      const isWhole = skipped === kept || to - from <= AT_AN_EDGE;
      if (skipped + kept === 2 && to - from > AT_AN_EDGE) continue;
      regions.push(
        { disguise: 'separators', first: first + skipped * step, every, count: count - skipped - kept },
        text,
        isWhole || skipped === 1 ? from : to - AT_AN_EDGE,
        isWhole || kept === 1 ? to : from + AT_AN_EDGE,
      );
    }
    return answered;
  }
  return undefined;
}

/** Whether so many of one byte stand at equal steps around a place, whatever is between. */
function areAsMany(bytes: Buffer, at: number, step: number, byte: number, least: number): boolean {
  let count = 1;
  for (let place = at - step; count < least && bytes[place] === byte; place -= step) count += 1;
  for (let place = at + step; count < least && bytes[place] === byte; place += step) count += 1;
  return count >= least;
}

const EDGES = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const;
/** What follows the last separator: a piece and its padding, or the first bytes of what ends a match. */
const LONGEST_END = 16;
const EQUALS = 0x3d;
/**
 * What the first or the last separator decides stands within so many bytes of it: the longest match that is looked for,
 * 16 KB, with a separator after each character.
 */
const AT_AN_EDGE = 32 * 1024;

/** Before an equals sign stands a name, unless it is the padding at the end. */
function isPiece(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    if (TOKEN[byte] !== 1 && byte !== 0x2e) return false;
  }
  return true;
}

/**
 * Enough of it, and unlike words, which may be of one length too if it is not one or two: with digits, with capitals
 * inside (`rR`, `HMc`), or all in capitals.
 */
function looksRandom(bytes: Buffer, from: number, to: number, every: number): boolean {
  let count = 0;
  let digits = 0;
  let capitals = 0;
  let humps = 0;
  let before = bytes[from - 1] ?? 0;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    const isCapital = isUpper(byte);
    count += ALPHANUMERIC[byte] ?? 0;
    digits += Number(isDigit(byte));
    capitals += Number(isCapital);
    if (isCapital) humps += Number(isLower(before) || (isUpper(before) && isLower(bytes[at + 1] ?? 0)));
    before = byte;
  }
  return count >= MIN_SEPARATED && (every <= 2 || digits + humps >= 2 || capitals + digits === count);
}

/**
 * Whether separators are a uuid's (RFC 9562): four dashes, as far from one another as its pieces of four digits are long,
 * hex between and around them, whatever stands before or after: many keys have one in them.
 */
const isUuid = (bytes: Buffer, first: number, last: number): boolean =>
  last - first === 15 &&
  hexAt(bytes, first - 8, first) >= 0 &&
  [0, 5, 10].every((at) => hexAt(bytes, first + at + 1, first + at + 5) >= 0) &&
  hexAt(bytes, last + 1, last + 13) >= 0;

/** From where to where no break stands, as far as one looked. */
interface Unbroken {
  from: number;
  to: number;
}

const nothingKnown = (): Unbroken => ({ from: 0, to: -1 });

/** @param known of a place before this one: so no byte is looked at twice, however many tokens stand together */
function grownTo(bytes: Buffer, to: number, end: number, known: Unbroken): number {
  const limit = Math.min(end, to + GROW_ON);
  if (to < known.from || to > known.to) known.from = known.to = to;
  while (known.to < limit && BREAK[bytes[known.to] ?? 0] !== 1) known.to += 1;
  return Math.min(known.to, limit);
}

/** How far a region goes on past its last mark, as far as `limit`. */
const reachOf = (bytes: Buffer, lastMark: number, limit: number): number =>
  grownTo(bytes, Math.min(limit, lastMark + AFTER), limit, nothingKnown());

/** Marks of one kind that stand close make one region, with what stands around them. */
function merged({ bytes, starts, ends }: Layout, found: readonly FoundRegion[]): readonly FoundRegion[] {
  const regions: FoundRegion[] = [];
  const open = new Map<string, FoundRegion & { lastMark: number }>();
  const grouped = found.toSorted((a, b) => a.from - b.from);
  const close = (region: FoundRegion & { lastMark: number }): void => {
    const end = ends[region.text] ?? 0;
    const { lastMark, ...rest } = region;
    regions.push({ ...rest, to: reachOf(bytes, lastMark, end) });
  };
  for (const region of grouped) {
    if (isExact(region)) {
      regions.push(region);
      continue;
    }
    const key = keyOf(region);
    const known = open.get(key);
    if (known?.text === region.text && region.from <= reachOf(bytes, known.lastMark, region.from)) {
      known.lastMark = Math.max(known.lastMark, region.to);
      continue;
    }
    if (known !== undefined) close(known);
    const start = starts[region.text] ?? 0;
    // A list is joined after it is written.
    const before = region.disguise === 'concatenation' && region.commas ? 4 * BEFORE : BEFORE;
    let from = Math.max(start, region.from - before);
    for (let grown = 0; grown < GROW_BACK && from > start && BREAK[bytes[from - 1] ?? 0] !== 1; grown += 1)
      from -= 1;
    open.set(key, { ...region, from, lastMark: region.to });
  }
  for (const region of open.values()) close(region);
  // An order that is each text's own, whatever texts lie beside it; and first what holds nothing but what is encoded,
  // since it is small, so that copies of what stands around marks do not use up what may be decoded.
  regions.sort(
    (a, b) =>
      a.text - b.text ||
      Number(isExact(b)) - Number(isExact(a)) ||
      a.from - b.from ||
      (a.disguise < b.disguise ? -1 : 1),
  );
  return regions.map((region) => {
    const start = starts[region.text] ?? 0;
    const moved = { ...region, from: region.from - start, to: region.to - start };
    if (moved.disguise === 'separators') return { ...moved, first: moved.first - start };
    return moved.disguise === 'case'
      ? { ...moved, tokens: moved.tokens.map((token) => ({ ...token, at: token.at - start })) }
      : moved;
  });
}

/** Regions of one key may become one. */
const keyOf = (region: Recipe): string =>
  region.disguise === 'concatenation' && region.commas ? 'list' : region.disguise;

/** Whose first and last byte the search itself said. */
const isExact = ({ disguise }: Recipe): boolean =>
  disguise === 'base64' || disguise === 'hex' || disguise === 'case' || disguise === 'separators';
