/** Cuts secrets out of JSON text, so that what is left is the same JSON with other texts in it. */

/** From `start` up to and without `end`, in UTF-16 code units. */
export interface SecretSpan {
  readonly start: number;
  readonly end: number;
  readonly secretType: string;
}

/** What stands in place of a secret. @param number counts the places of one text, so that two members keep two names */
const noticeOf = (secretType: string, number: number): string =>
  `[SHHH removed a credential: ${secretType.replaceAll(/[^\w .:/-]/g, '')} #${number}]`;

/** Strings with their quotes, and numbers: all of JSON that can hold a secret. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*/g;
/** What a string is made of: a cut never leaves half an escape. */
const UNIT = /\\u[0-9a-fA-F]{4}|\\.|[^\\]/gsu;

/**
 * @param json canonical JSON
 * @param spans in order, without overlaps; what they cover of the JSON's own marks stays
 */
export function cutFromJson(json: string, spans: readonly SecretSpan[]): string {
  if (spans.length === 0) return json;
  let number = 0;
  let next = 0;
  return json.replaceAll(TOKEN, (token: string, at: number) => {
    while ((spans[next]?.end ?? Infinity) <= at) next += 1;
    const here: SecretSpan[] = [];
    for (let each = next; each < spans.length; each += 1) {
      const span = spans[each];
      if (span === undefined || span.start >= at + token.length) break;
      here.push(span);
    }
    const [first] = here;
    if (first === undefined) return token;
    // A number has no place for words: it becomes text.
    if (!token.startsWith('"')) return JSON.stringify(noticeOf(first.secretType, (number += 1)));
    let written = '';
    let cutting: SecretSpan | undefined;
    for (const unit of token.slice(1, -1).matchAll(UNIT)) {
      const from = at + 1 + unit.index;
      const span = here.find(({ start, end }) => start < from + unit[0].length && from < end);
      if (span === undefined) written += unit[0];
      else if (span !== cutting) written += noticeOf(span.secretType, (number += 1));
      cutting = span;
    }
    return `"${written}"`;
  });
}

/** The same for text that is no JSON. */
export function cutFromText(text: string, spans: readonly SecretSpan[]): string {
  let written = '';
  let at = 0;
  for (const [index, { start, end, secretType }] of spans.entries()) {
    written += text.slice(at, start) + noticeOf(secretType, index + 1);
    at = end;
  }
  return written + text.slice(at);
}
