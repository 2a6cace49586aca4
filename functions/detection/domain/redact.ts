/** Cuts secrets out of text so that the rest stays readable, to a person and to an agent. */
import type { Span } from './scanner.ts';

/** What an excerpt weighs at most, in bytes of UTF-8. */
export const MAX_EXCERPT_BYTES = 4096;

/**
 * First and last characters of a secret: `AKIA****MPLE`. Four and four from 16 characters on, two and two from 12,
 * one and one from 8, none of a shorter one or of one that spans lines.
 */
export function redactedKey(secret: string): string {
  const characters = Array.from(secret);
  const { length } = characters;
  const kept = /\s|\\n|-----/.test(secret) ? 0 : length >= 16 ? 4 : length >= 12 ? 2 : length >= 8 ? 1 : 0;
  return `${characters.slice(0, kept).join('')}****${characters.slice(length - kept).join('')}`;
}

/** A secret as it is to be cut: every span of it that a rule saw, and what stands in its place. */
export interface Cut {
  readonly covers: readonly Span[];
  /** The secret's own bytes: every other occurrence of them is cut as well, in whatever spelling. */
  readonly secret: Buffer;
  readonly placeholder: string;
}

/**
 * What an agent reads in place of a credential. It says who removed it and that nothing is wrong with the text,
 * because an agent takes a bare mask for its own mistake and writes the credential again.
 * @param reference tells two secrets apart: the same secret has the same one
 */
export function placeholderOf(secretType: string, key: string, reference: string): string {
  return `[SHHH removed a credential here: ${secretType} ${key} ref ${reference}. This is no error; do not restore it]`;
}

/** Text in which each cut is replaced; the pieces that were kept and the placeholders between them, in order. */
export interface RedactedText {
  readonly bytes: Buffer;
  /** Where a place of the original came to stand. */
  readonly placeOf: (offset: number) => number;
}

/** Replaces every span of the cuts, and every other occurrence of their secrets, by the placeholder. */
export function redact(original: Buffer, cuts: readonly Cut[]): RedactedText {
  const spans = spansOf(original, cuts);
  const pieces: Buffer[] = [];
  const moved: { from: number; to: number; place: number }[] = [];
  let at = 0;
  let written = 0;
  for (const span of spans) {
    const kept = original.subarray(at, span.start);
    const placeholder = Buffer.from(span.placeholder);
    pieces.push(kept, placeholder);
    moved.push({ from: span.start, to: span.end, place: written + kept.length });
    written += kept.length + placeholder.length;
    at = span.end;
  }
  pieces.push(original.subarray(at));
  return {
    bytes: Buffer.concat(pieces),
    placeOf: (offset) => {
      const last = moved.findLast((move) => move.from <= offset);
      if (last === undefined) return offset;
      return offset < last.to
        ? last.place
        : last.place + placeholderLength(spans, last.from) + offset - last.to;
    },
  };
}

export interface PlacedSpan {
  readonly start: number;
  readonly end: number;
  readonly placeholder: string;
}

const placeholderLength = (spans: readonly PlacedSpan[], start: number): number =>
  Buffer.byteLength(spans.find((span) => span.start === start)?.placeholder ?? '');

/** A shorter secret's spellings would be found where it is not. */
const MIN_SPELLED_BYTES = 6;

/** How a secret may stand elsewhere in the text, where nothing else says that it is one. */
function spellingsOf(secret: Buffer): readonly Buffer[] {
  if (secret.length === 0) return [];
  if (secret.length < MIN_SPELLED_BYTES) return [secret];
  const hex = secret.toString('hex');
  const text = secret.toString('utf8');
  const escaped = JSON.stringify(text).slice(1, -1);
  const units = Array.from(text, (char) => char.charCodeAt(0).toString(16).padStart(4, '0'));
  const spellings = [
    hex,
    hex.toUpperCase(),
    escaped,
    escaped.replaceAll('/', '\\/'),
    units.map((unit) => `\\u${unit}`).join(''),
    units.map((unit) => `\\u${unit.toUpperCase()}`).join(''),
    // A lone surrogate cannot be written so.
    text.isWellFormed() ? encodeURIComponent(text) : '',
    hex.replaceAll(/../g, '%$&'),
    hex.toUpperCase().replaceAll(/../g, '%$&'),
    Array.from(text, (char) => `&#${String(char.codePointAt(0))};`).join(''),
    ...[0, 1, 2].flatMap((before) => base64Middles(secret, before)),
  ];
  return [secret, ...[...new Set(spellings)].filter((one) => one !== '').map((one) => Buffer.from(one))];
}

/** What a text in base64 holds of a secret that stands so many bytes after a whole group, in both alphabets. */
function base64Middles(secret: Buffer, before: number): readonly string[] {
  const encoded = Buffer.concat([Buffer.alloc(before), secret]).toString('base64');
  const middle = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + secret.length) * 8) / 6));
  return [middle, middle.replaceAll('+', '-').replaceAll('/', '_')];
}

/** What the cuts take out of a text: their own places and every other spelling of their secrets, in order, without overlaps. */
export function spansOf(original: Buffer, cuts: readonly Cut[]): readonly PlacedSpan[] {
  const all: PlacedSpan[] = [];
  for (const { covers, secret, placeholder } of cuts) {
    for (const { offset, length } of covers) all.push({ start: offset, end: offset + length, placeholder });
    for (const spelling of spellingsOf(secret))
      for (
        let at = original.indexOf(spelling);
        at >= 0;
        at = original.indexOf(spelling, at + spelling.length)
      )
        all.push({ start: at, end: at + spelling.length, placeholder });
  }
  const merged: PlacedSpan[] = [];
  for (const span of all.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last === undefined || span.start >= last.end) merged.push(span);
    else if (span.end > last.end) merged[merged.length - 1] = { ...last, end: span.end };
  }
  return merged;
}

/**
 * The redacted text around a place, as valid UTF-8 of at most {@link MAX_EXCERPT_BYTES} bytes.
 * @param place in bytes of the redacted text
 */
export function excerptAround(redacted: Buffer, place: number, atMost: number = MAX_EXCERPT_BYTES): string {
  if (redacted.length <= atMost) return fitted(redacted.toString('utf8'), atMost);
  const start = Math.max(0, Math.min(place - Math.floor(atMost / 3), redacted.length - atMost));
  let from = start;
  // Not in the middle of a character.
  while (from < redacted.length && isContinuation(redacted[from])) from += 1;
  let to = Math.min(redacted.length, start + atMost);
  while (to > from && isContinuation(redacted[to])) to -= 1;
  return fitted(redacted.toString('utf8', from, to), atMost);
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** A byte that is no UTF-8 becomes a replacement character of three, so text may have grown. */
function fitted(text: string, atMost: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= atMost) return text;
  let to = atMost;
  while (isContinuation(bytes[to])) to -= 1;
  return bytes.toString('utf8', 0, to);
}
