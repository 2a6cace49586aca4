/** A secret that an agent wrote in two messages: the end of a string in one, the beginning of it in the next. */
import { HEX_DIGIT } from './bytes.ts';
import { type Edge } from './find.ts';
import type { Source } from './view.ts';

/**
 * Which log and agent an entry is from: entries of one text follow on one another in the batch's order.
 * Undefined for what is no whole entry. It is asked only where half a secret may stand.
 */
export type Sequence = (entry: number) => string | undefined;

/** How many entries of others may lie between two messages of one agent. */
const WITHIN_ENTRIES = 16;
/** What is looked at of either string. */
const HALF_BYTES = 512;
/** What may stand before the second half: `part 2: `, `(2/2) `, `… `, `> `. Read byte by byte, as Latin-1. */
const LABEL =
  /^(?:\(?(?:(?:the )?(?:second |other )?(?:part|half|piece|rest|chunk)\b)? ?(?:[0-9](?: ?(?:\/|of) ?[0-9])?)?[ .:)-]+)?(?:\.{2,}|\xe2\x80\xa6|>)? */i;
/** Fields of the log itself: random, of one length, and never half of anything. */
const OWN_FIELDS = new Set([
  'hash',
  'prev_hash',
  'signature',
  'author',
  'from',
  'id',
  'message_id',
  'timestamp',
  'type',
]);

/** Views of the strings that two successive messages of one agent would make as one. */
export function joinSplit(
  entries: readonly Source[],
  edges: readonly Edge[],
  sequence: Sequence,
): readonly Source[] {
  const views = new Map<string, Source>();
  let quotes: Quotes = { text: -1, from: 0, quote: -1 };
  const starts = new Map<string, number | undefined>();
  const ends = new Map<string, number | undefined>();
  for (const edge of edges) {
    const entry = entries[edge.text];
    if (entry === undefined || isHexOnly(entry.bytes, edge)) continue;
    quotes = quoteBefore(entry.bytes, edge, quotes);
    const field = fieldOf(entry.bytes, edge, quotes.quote);
    if (field !== undefined && OWN_FIELDS.has(field)) continue;
    const key = sequence(edge.text);
    if (key === undefined) continue;
    const other = neighbourOf(edge, key, entries.length, sequence);
    const [head, tail] = edge.side === 'tail' ? [entry, entries[other]] : [entries[other], entry];
    if (head === undefined || tail === undefined) continue;
    const from =
      edge.side === 'tail' ? edge.to : known(ends, head.entry, field, () => endOf(head.bytes, field));
    const to =
      edge.side === 'head' ? edge.from : known(starts, tail.entry, field, () => startOf(tail.bytes, field));
    if (from === undefined || to === undefined) continue;
    const name = `${String(head.entry)} ${String(from)} ${String(to)}`;
    if (views.has(name)) continue;
    const label = LABEL.exec(tail.bytes.toString('latin1', to, to + HALF_BYTES))?.[0].length ?? 0;
    views.set(name, joined(head, from, tail, to));
    // `-` and `7.` may be a label's, or the secret's own.
    if (label > 0) views.set(`${name} labelled`, joined(head, from, tail, to + label));
  }
  return [...views.values()];
}

function neighbourOf({ text, side }: Edge, key: string, count: number, sequence: Sequence): number {
  const step = side === 'tail' ? 1 : -1;
  for (let distance = 1; distance <= WITHIN_ENTRIES; distance += 1) {
    const other = text + step * distance;
    if (other < 0 || other >= count) return -1;
    if (sequence(other) === key) return other;
  }
  return -1;
}

function isHexOnly(bytes: Buffer, { from, to }: Edge): boolean {
  for (let at = from; at < to; at += 1)
    if (HEX_DIGIT[bytes[at] ?? 0] !== 1 && bytes[at] !== 0x2d) return false;
  return true;
}

/** The last quote before an edge of a text that is not escaped, or one before its start. */
interface Quotes {
  readonly text: number;
  readonly from: number;
  readonly quote: number;
}

/** @param last what was said of the edge before: edges come in order, so no byte is looked at twice */
function quoteBefore(bytes: Buffer, { text, from }: Edge, last: Quotes): Quotes {
  const known = last.text === text && last.from <= from ? last : { from: 0, quote: -1 };
  for (let quote = from - 1; quote >= known.from; quote -= 1)
    if (bytes[quote] === 0x22 && bytes[quote - 1] !== 0x5c) return { text, from, quote };
  return { text, from, quote: known.quote };
}

/** What was worked out once for a field of an entry. */
function known(
  answers: Map<string, number | undefined>,
  entry: number,
  field: string | undefined,
  answer: () => number | undefined,
): number | undefined {
  const key = `${String(entry)} ${field ?? ''}`;
  if (!answers.has(key)) answers.set(key, answer());
  return answers.get(key);
}

const LONGEST_FIELD = 64;
/** How far before its string a field's name may begin. */
const FIELD_BYTES = 80;
const QUOTE = 0x22;

/** The name of the field whose string an edge is of; undefined where it is of no string: of the text itself. */
function fieldOf(bytes: Buffer, { from, to, side }: Edge, quote: number): string | undefined {
  if (side === 'head' ? from === 0 : to >= bytes.length - 4 && bytes[0] !== 0x7b) return undefined;
  const least = Math.max(0, quote - FIELD_BYTES);
  let at = skipBlankBack(bytes, quote, least);
  if (bytes[at - 1] !== 0x3a) return undefined;
  at = skipBlankBack(bytes, at - 1, least);
  if (at <= least || bytes[at - 1] !== QUOTE) return undefined;
  const end = at - 1;
  let name = end;
  while (name > least && end - name <= LONGEST_FIELD && bytes[name - 1] !== QUOTE && bytes[name - 1] !== 0x5c)
    name -= 1;
  const length = end - name;
  return length > 0 && length <= LONGEST_FIELD && name > least && bytes[name - 1] === QUOTE
    ? bytes.toString('latin1', name, end)
    : undefined;
}

function skipBlankBack(bytes: Buffer, to: number, least: number): number {
  let at = to;
  while (
    at > least &&
    ((bytes[at - 1] ?? 0) === 0x20 || ((bytes[at - 1] ?? 0) >= 0x09 && (bytes[at - 1] ?? 0) <= 0x0d))
  )
    at -= 1;
  return at;
}

/** Where the string of a field starts, or the text itself. */
function startOf(bytes: Buffer, field: string | undefined): number | undefined {
  if (field === undefined) return bytes[0] === 0x7b ? undefined : 0;
  const at = bytes.indexOf(`"${field}":"`, 0, 'latin1');
  return at < 0 ? undefined : at + field.length + 4;
}

function endOf(bytes: Buffer, field: string | undefined): number | undefined {
  if (field === undefined) return bytes[0] === 0x7b ? undefined : bytes.length;
  let at = startOf(bytes, field);
  if (at === undefined) return undefined;
  for (; at < bytes.length; at += 1) {
    if (bytes[at] === 0x5c) at += 1;
    else if (bytes[at] === 0x22) return at;
  }
  return undefined;
}

const DOT = 0x2e;

/** Where what the first half ends in begins: blanks, and dots that say that more follows. */
function beforeTrail(half: Buffer): number {
  let end = half.length;
  for (;;) {
    let dot = end;
    while (half[dot - 1] === DOT) dot -= 1;
    if (end - dot >= 2) end = dot;
    else if (half[end - 1] === 0x20) end -= 1;
    else if (half[end - 1] === 0xa6 && half[end - 2] === 0x80 && half[end - 3] === 0xe2) end -= 3;
    else return end;
  }
}

/** @param from where the first half ends in `head`; `to`: where the second half starts in `tail` */
function joined(head: Source, from: number, tail: Source, to: number): Source {
  const first = head.bytes.subarray(Math.max(0, from - HALF_BYTES), from);
  const kept = first.subarray(0, beforeTrail(first));
  const rest = tail.bytes.subarray(to, to + HALF_BYTES);
  const start = from - first.length;
  const placesOf = (low: number, high: number) => [
    ...(low < kept.length
      ? [{ entry: head.entry, offset: start + low, length: Math.min(high, kept.length) - low }]
      : []),
    ...(high > kept.length
      ? [
          {
            entry: tail.entry,
            offset: to + Math.max(0, low - kept.length),
            length: high - Math.max(low, kept.length),
          },
        ]
      : []),
  ];
  return {
    entry: head.entry,
    bytes: Buffer.concat([kept, rest]),
    disguises: ['split'],
    placesOf,
    isVerbatim: (low, high) => high <= kept.length || low >= kept.length,
  };
}
