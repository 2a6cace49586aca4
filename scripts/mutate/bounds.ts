/**
 * Texts at the bounds of a rule's regex and what it matches in them, as they stand in `patterns/bounds`. `«…»` is what is
 * matched, `‹…›` in it the secret; a text without them is not matched. `⟨a*30⟩` stands for thirty times `a`, so that no
 * line looks like a credential.
 */
import { createRe2Regex } from '../../functions/detection/adapters/re2-regex.ts';
import { secretAt } from '../../functions/detection/domain/scanner.ts';

/** Where a regex first matches: the match's and the secret's bounds in bytes; undefined where it does not. */
type Reading = readonly [from: number, secretFrom: number, secretTo: number, to: number] | undefined;
export type Reader = (bytes: Buffer) => Reading;

export function readerOf(regex: string, secretGroup: number | undefined): Reader {
  const compiled = createRe2Regex(regex);
  return (bytes) => {
    const spans = compiled.exec(bytes, 0);
    if (spans === undefined) return undefined;
    const [from = 0, to = 0] = spans;
    const secret = secretAt(spans, secretGroup);
    return [from, spans[secret] ?? 0, spans[secret + 1] ?? 0, to];
  };
}

export const isSame = (one: Reading, other: Reading): boolean =>
  one === other ||
  (one !== undefined && other !== undefined && one.every((place, at) => place === other[at]));

const SIGNS = ['«', '‹', '›', '»'] as const;

/** The text with its first match marked. */
export function marked(bytes: Buffer, reading: Reading): string {
  let text = '';
  let at = 0;
  for (const [index, place] of (reading ?? []).entries()) {
    text += bytes.toString('utf8', at, place) + (SIGNS[index] ?? '');
    at = place;
  }
  return text + bytes.toString('utf8', at);
}

/** A marked text without its marks, and what they say. */
export function unmarked(text: string): { readonly bytes: Buffer; readonly reading: Reading } {
  const [before, context = '', secret = '', rest = '', after = ''] = text.split(/[«‹›»]/);
  const bytes = Buffer.from(text.replaceAll(/[«»‹›]/g, ''));
  if (!text.includes('«')) return { bytes, reading: undefined };
  const from = Buffer.byteLength(before ?? '');
  const secretFrom = from + Buffer.byteLength(context);
  const secretTo = secretFrom + Buffer.byteLength(secret);
  const to = secretTo + Buffer.byteLength(rest);
  return {
    bytes: bytes.subarray(0, to + Buffer.byteLength(after)),
    reading: [from, secretFrom, secretTo, to],
  };
}

/** Runs of one character, written short. */
export const shortened = (text: string): string =>
  text.replaceAll(/([^⟨⟩])\1{4,}/gu, (run, char: string) => `⟨${char}*${run.length / char.length}⟩`);

export const written = (text: string): string =>
  text.replaceAll(/⟨([^])\*(\d+)⟩/gu, (_, char: string, count: string) => char.repeat(Number(count)));
