/**
 * Texts at the bounds of a rule's regex and what it matches in them, as they stand in `patterns/bounds`. `«…»` is what is
 * matched, `‹…›` in it the secret; a text without them is not matched. `⟨a*30⟩` stands for thirty times `a`, so that no
 * line looks like a credential.
 */
import { createRe2Regex } from '../../functions/detection/adapters/re2-regex.ts';

export type Reader = (text: string) => string;

/** How a regex reads a text: the text again, with its first match marked. */
export function readerOf(regex: string, secretGroup: number | undefined): Reader {
  const compiled = createRe2Regex(regex);
  return (text) => {
    const bytes = Buffer.from(text);
    const spans = compiled.exec(bytes, 0);
    const whole = spans?.[0];
    if (spans === undefined || whole === undefined) return text;
    const secret =
      (secretGroup === undefined ? spans.slice(1).find((span) => span !== undefined) : spans[secretGroup]) ??
      whole;
    const part = (from: number, to: number): string => bytes.toString('utf8', from, to);
    return [
      part(0, whole[0]),
      '«',
      part(whole[0], secret[0]),
      '‹',
      part(secret[0], secret[1]),
      '›',
      part(secret[1], whole[1]),
      '»',
      part(whole[1], bytes.length),
    ].join('');
  };
}

export const unmarked = (text: string): string => text.replaceAll(/[«»‹›]/g, '');

/** Runs of one character, written short. */
export const shortened = (text: string): string =>
  text.replaceAll(/([^⟨⟩\n])\1{4,}/gu, (run, char: string) => `⟨${char}*${run.length / char.length}⟩`);

export const written = (text: string): string =>
  text.replaceAll(/⟨(.)\*(\d+)⟩/gu, (_, char: string, count: string) => char.repeat(Number(count)));
