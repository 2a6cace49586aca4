/**
 * How much of a text is made of words. Random text is not: its letters follow each other as they come. What a tokenizer
 * would say by the number of tokens, a table of letter pairs says without one.
 */

/**
 * For each pair of letters `aa` to `zz`, how common it is in English and code: 0 (never) to 9, on a scale of bits
 * against uniform. Counted over documentation and sources of open projects.
 */
const PAIRS =
  '06882460705989070989666464614460005606225305417000508054820860774292165861103073269320804523720564612140' +
  '84886853404979475999366861702266108005138207446000304010803460052541056362000171019000700222700536400020' +
  '66766660203879861788060506400060000000004000303000004002702050030312015030400084369910802804840277722060' +
  '86149010600462780253500020818896826055258501896510405778355052578967097885633280348213602732760867603050' +
  '00000000000000000010600000836694708054688407786530706163934680454377238972306081659409901553760877814272' +
  '45657540600777360878100100700080106000113200000000006003510670020450066000200040604200500200050026000010' +
  '1222420040024557016602200020006000400100500000000000';

/** The same as numbers. */
const COMMONNESS = Uint8Array.from(PAIRS, Number);

const A = 97;
/** Mean over the pairs of a run from which on it reads like a word: 99 of 100 words and 15 of 100 random runs of six. */
const WORD_FROM = 5;

/** A run of letters, of which only the first, or all, are capitals. Hexadecimal digits alone spell nothing. */
function readsLikeWord(text: string, from: number, to: number): boolean {
  let sum = 0;
  let beyondHex = false;
  let before = 0;
  for (let at = from; at < to; at += 1) {
    const letter = (text.charCodeAt(at) | 0x20) - A;
    beyondHex ||= letter > 5;
    if (at > from) sum += COMMONNESS[before * 26 + letter] ?? 0;
    before = letter;
  }
  return beyondHex && sum / (to - from - 1) >= WORD_FROM;
}

/** How common a pair of characters is, 0 to 9; pairs with anything but letters count as rare. */
export function pairCommonness(pair: string): number {
  const [first, second] = [pair.charCodeAt(0) - A, pair.charCodeAt(1) - A] as const;
  return first < 0 || first > 25 || second < 0 || second > 25 ? 1 : (COMMONNESS[first * 26 + second] ?? 0);
}

export const isUpper = (code: number): boolean => code >= 0x41 && code <= 0x5a;
export const isLower = (code: number): boolean => code >= 0x61 && code <= 0x7a;

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/** The share of a text's letters and digits, in UTF-16 units, that stand in words of four letters or more: 0 to 1. */
export function wordShare(text: string): number {
  let size = 0;
  let inWords = 0;
  let isAscii = true;
  for (let from = 0; from < text.length;) {
    const first = text.charCodeAt(from);
    let to = from + 1;
    if (isLower(first) || (isUpper(first) && isLower(text.charCodeAt(to))))
      while (isLower(text.charCodeAt(to))) to += 1;
    else if (isUpper(first)) while (isUpper(text.charCodeAt(to))) to += 1;
    else {
      size += Number(isDigit(first)) - 1;
      isAscii &&= first < 0x80;
    }
    size += to - from;
    if (to - from >= 4 && readsLikeWord(text, from, to)) inWords += to - from;
    from = to;
  }
  if (!isAscii) size = text.replaceAll(/[^\p{L}\p{N}]/gu, '').length;
  return size === 0 ? 0 : inWords / size;
}
