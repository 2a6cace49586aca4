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
/** What the first half may end in: dots that say that more follows. */
const TRAIL = /(?:\.{2,}|\xe2\x80\xa6| )+$/;
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
  for (const edge of edges) {
    const entry = entries[edge.text];
    if (entry === undefined || isHexOnly(entry.bytes, edge)) continue;
    const field = fieldOf(entry.bytes, edge);
    if (field !== undefined && OWN_FIELDS.has(field)) continue;
    const key = sequence(edge.text);
    if (key === undefined) continue;
    const other = neighbourOf(edge, key, entries.length, sequence);
    const [head, tail] = edge.side === 'tail' ? [entry, entries[other]] : [entries[other], entry];
    if (head === undefined || tail === undefined) continue;
    const from = edge.side === 'tail' ? edge.to : endOf(head.bytes, field);
    const to = edge.side === 'head' ? edge.from : startOf(tail.bytes, field);
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

const LONGEST_STRING = 64 * 1024;

/** The name of the field whose string an edge is of; undefined where it is of no string: of the text itself. */
function fieldOf(bytes: Buffer, { from, to, side }: Edge): string | undefined {
  if (side === 'head' ? from === 0 : to >= bytes.length - 4 && bytes[0] !== 0x7b) return undefined;
  let quote = from - 1;
  const least = Math.max(0, from - LONGEST_STRING);
  while (quote >= least && !(bytes[quote] === 0x22 && bytes[quote - 1] !== 0x5c)) quote -= 1;
  return /"([^"\\]{1,64})"\s*:\s*$/.exec(
    bytes.toString('latin1', Math.max(0, quote - 80), Math.max(0, quote)),
  )?.[1];
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

/** @param from where the first half ends in `head`; `to`: where the second half starts in `tail` */
function joined(head: Source, from: number, tail: Source, to: number): Source {
  const first = head.bytes.subarray(Math.max(0, from - HALF_BYTES), from);
  const kept = first.subarray(0, first.length - (TRAIL.exec(first.toString('latin1'))?.[0].length ?? 0));
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
