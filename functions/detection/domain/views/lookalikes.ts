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
const INVISIBLE: readonly (readonly [first: number, last: number])[] = [
  [0x00ad, 0x00ad],
  [0x034f, 0x034f],
  [0x0300, 0x036f],
  [0x0483, 0x0489],
  [0x061c, 0x061c],
  [0x115f, 0x115f],
  [0x1160, 0x1160],
  [0x17b4, 0x17b4],
  [0x17b5, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0x20d0, 0x20f0],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfe20, 0xfe2f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe01ef],
];
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
  if (INVISIBLE.some(([first, last]) => codePoint >= first && codePoint <= last))
    return { text: '', odd: false };
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
