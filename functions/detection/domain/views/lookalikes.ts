/** Characters that look like ASCII, or like nothing at all, and what they stand for. */

/**
 * Letters of other scripts that fonts draw like Latin ones. Source: the pairs of Unicode's confusables.txt (UTS 39)
 * whose target is one ASCII letter or digit, for the Cyrillic, Greek and Armenian letters in everyday fonts.
 */
const LETTERS: readonly (readonly [ascii: string, lookalikes: string])[] = [
  ['A', 'АΑ'], ['B', 'ВΒ'], ['C', 'СϹ'], ['E', 'ЕΕ'], ['F', 'Ϝ'], ['G', 'Ԍ'], ['H', 'НΗ'], ['I', 'ІΙӀ'], ['J', 'ЈͿ'],
  ['K', 'КΚ'], ['L', 'Ⳑ'], ['M', 'МΜ'], ['N', 'Ν'], ['O', 'ОΟՕ'], ['P', 'РΡ'], ['Q', 'Ԛ'], ['S', 'ЅՏ'], ['T', 'ТΤ'],
  ['U', 'Ս'], ['V', 'Ѵ'], ['W', 'Ԝ'], ['X', 'ХΧ'], ['Y', 'ΥҮ'], ['Z', 'Ζ'],
  ['a', 'аɑα'], ['b', 'Ь'], ['c', 'сϲ'], ['d', 'ԁ'], ['e', 'е'], ['g', 'ɡց'], ['h', 'һհ'], ['i', 'іιı'], ['j', 'јϳ'],
  ['k', 'κк'], ['l', 'ӏ'], ['n', 'ո'], ['o', 'оοօ'], ['p', 'рρ'], ['q', 'ԛգ'], ['r', 'г'], ['s', 'ѕ'], ['t', 'τ'],
  ['u', 'υս'], ['v', 'νѵ'], ['w', 'ԝ'], ['x', 'хχ'], ['y', 'уγ'], ['z', 'ᴢ'],
  ['3', 'ЗӠ'], ['6', 'б'], ['-', '‐‑‒–—―−'], ['_', 'ߺ'],
]; // prettier-ignore
const BY_CODE_POINT = new Map<number, string>(
  LETTERS.flatMap(([ascii, lookalikes]) =>
    Array.from(lookalikes, (char) => [char.codePointAt(0) ?? 0, ascii] as const),
  ),
);

/** Zero-width, joiners, direction marks, soft hyphen, variation selectors, tags, fillers, combining marks. */
// One code point at a time is looked at: nothing combines.
const INVISIBLE =
  // eslint-disable-next-line no-misleading-character-class
  /^[\u00ad\u034f\u0300-\u036f\u0483-\u0489\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20f0\u3164\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\uffa0\u{1d173}-\u{1d17a}\u{e0000}-\u{e01ef}]$/u;
const VISIBLE = /^[!-~]$/;

export interface Folded {
  /** One ASCII character, or nothing. */
  readonly text: string;
  /** Letters of a living script say nothing among their own; compatibility forms are odd wherever they stand. */
  readonly odd: boolean;
}

const folded = new Map<number, Folded | undefined>();

/** What a character is taken for by a reader, or undefined where it is itself. NFKC (UAX 15), then the table. */
export function fold(codePoint: number): Folded | undefined {
  const known = folded.get(codePoint);
  if (known !== undefined || folded.has(codePoint)) return known;
  const result = foldOnce(codePoint);
  folded.set(codePoint, result);
  return result;
}

function foldOnce(codePoint: number): Folded | undefined {
  const char = String.fromCodePoint(codePoint);
  if (INVISIBLE.test(char)) return { text: '', odd: false };
  const compatible = char.normalize('NFKC');
  if (compatible !== char && VISIBLE.test(compatible)) return { text: compatible, odd: true };
  const lookalike = BY_CODE_POINT.get(compatible.codePointAt(0) ?? 0);
  return lookalike === undefined || compatible.length > 2 ? undefined : { text: lookalike, odd: false };
}

/** A character of UTF-8 that starts at a byte: its code point and length, or undefined where it is malformed. */
export function codePointAt(bytes: Buffer, at: number): { codePoint: number; length: number } | undefined {
  const lead = bytes[at] ?? 0;
  const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length === 0) return undefined;
  let codePoint = length === 1 ? lead : lead & (0x7f >> length);
  for (let next = 1; next < length; next += 1) {
    const byte = bytes[at + next] ?? 0;
    if ((byte & 0xc0) !== 0x80) return undefined;
    codePoint = codePoint * 64 + (byte & 0x3f);
  }
  if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint < 0xe000)) return undefined;
  return { codePoint, length };
}
