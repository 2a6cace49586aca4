/** The decoders: each reads a region of a text once and keeps what it does not understand as it is. */
import { HEX_DIGIT, hexAt, NIBBLE, QUOTE, SEXTET } from './bytes.ts';
import { codePointAt, fold } from './lookalikes.ts';
import { createViewWriter, type Source, type ViewWriter } from './view.ts';

/** Which part of a text to decode, and how. */
export type Region = { readonly from: number; readonly to: number } & Recipe;
export type Recipe =
  | { readonly disguise: 'escapes' | 'percent' | 'entities' | 'base64' | 'hex' | 'lookalikes' }
  /** Every `every` + 1 bytes from `first` on, `count` times, stands a separator. */
  | {
      readonly disguise: 'separators';
      readonly first: number;
      readonly every: number;
      readonly count: number;
    }
  /** Whether a comma joins two string literals as well: only where the list is joined. */
  | { readonly disguise: 'concatenation'; readonly commas: boolean }
  /** Where tokens begin, in order, and how their beginnings should be spelled. */
  | { readonly disguise: 'case'; readonly tokens: readonly MisspelledToken[] };

export interface MisspelledToken {
  readonly at: number;
  readonly beginning: Buffer;
}

/** @returns undefined where nothing in the region is encoded that way after all */
export function decode(source: Source, region: Region): Source | undefined {
  const out = createViewWriter(region.to - region.from);
  const { bytes } = source;
  switch (region.disguise) {
    case 'base64':
      decodeBase64(bytes, region, out);
      break;
    case 'hex':
      for (let at = region.from; at + 1 < region.to; at += 2)
        put(out, (NIBBLE[bytes[at] ?? 0] ?? 0) * 16 + (NIBBLE[bytes[at + 1] ?? 0] ?? 0), at, at + 2);
      break;
    case 'separators':
      for (let at = region.from; at < region.to; at += 1) {
        const step = at - region.first;
        const drop = step >= 0 && step % (region.every + 1) === 0 && step / (region.every + 1) < region.count;
        if (!drop) out.put(bytes[at] ?? 0, at, at + 1);
      }
      break;
    case 'case':
      for (let at = region.from, next = 0; at < region.to; at += 1) {
        const after = region.tokens[next + 1];
        if (after !== undefined && at >= after.at) next += 1;
        const token = region.tokens[next];
        out.put(token?.beginning[at - token.at] ?? bytes[at] ?? 0, at, at + 1);
      }
      break;
    case 'concatenation':
      decodeStepwise(bytes, region, out, LEADS.joint, (at) => joinAt(bytes, at, region.to, region.commas));
      break;
    case 'escapes':
      decodeStepwise(bytes, region, out, LEADS.escape, (at) => escapeAt(bytes, at, region.to));
      break;
    case 'percent':
      decodeStepwise(bytes, region, out, LEADS.percent, (at) => percentAt(bytes, at, region.to));
      break;
    case 'entities':
      decodeStepwise(bytes, region, out, LEADS.entity, (at) => entityAt(bytes, at, region.to));
      break;
    case 'lookalikes':
      decodeStepwise(bytes, region, out, LEADS.lookalike, (at) => lookalikeAt(bytes, at));
      break;
  }
  return out.isEmpty() || (region.disguise !== 'case' && out.isVerbatim())
    ? undefined
    : out.finish(source, region.disguise);
}

/** UTF-16 in an encoding is text with a zero in every other byte, and reads as text without them. */
function put(out: ViewWriter, byte: number, start: number, end: number): void {
  if (byte !== 0) out.put(byte, start, end);
}

/** What stands encoded at a place: up to where, and its code point, its byte, or nothing. */
type Step = { readonly end: number } & (
  { readonly codePoint: number } | { readonly byte: number } | { readonly dropped: true }
);

const leadsOf = (isLead: (byte: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => Number(isLead(byte)));

/** Which bytes something may begin with that is encoded: most of a text needs no other look. */
const LEADS = {
  escape: leadsOf((byte) => byte === 0x5c),
  percent: leadsOf((byte) => byte === 0x25),
  entity: leadsOf((byte) => byte === 0x26),
  joint: leadsOf((byte) => byte === 0x5c || QUOTE[byte] === 1),
  lookalike: leadsOf((byte) => byte >= 0x80),
} as const;

/** @param leads the bytes at which `stepAt` may find something */
function decodeStepwise(
  bytes: Buffer,
  { from, to }: { readonly from: number; readonly to: number },
  out: ViewWriter,
  leads: Uint8Array,
  stepAt: (at: number) => Step | undefined,
): void {
  for (let at = from; at < to;) {
    const step = leads[bytes[at] ?? 0] === 1 ? stepAt(at) : undefined;
    if (step === undefined) {
      out.put(bytes[at] ?? 0, at, at + 1);
      at += 1;
      continue;
    }
    if ('codePoint' in step) out.putCodePoint(step.codePoint, at, step.end);
    else if ('byte' in step) put(out, step.byte, at, step.end);
    at = step.end;
  }
}

const SIMPLE_ESCAPES = new Map(
  Object.entries({
    n: '\n',
    r: '\r',
    t: '\t',
    b: '\b',
    f: '\f',
    '"': '"',
    "'": "'",
    '`': '`',
    '\\': '\\',
    '/': '/',
  }).map(([char, byte]) => [char.charCodeAt(0), byte.charCodeAt(0)] as const),
);

/** Escapes of JSON (RFC 8259, section 7) and of the languages around it: `\n`, `\u0041`, `\u{41}`, `\x41`, `\⏎`. */
function escapeAt(bytes: Buffer, at: number, to: number): Step | undefined {
  if (bytes[at] !== 0x5c || at + 1 >= to) return undefined;
  const kind = bytes[at + 1] ?? 0;
  if (kind === 0x0a) return { dropped: true, end: at + 2 };
  const simple = SIMPLE_ESCAPES.get(kind);
  if (simple !== undefined) return { byte: simple, end: at + 2 };
  if (kind === 0x78) {
    const byte = at + 4 <= to ? hexAt(bytes, at + 2, at + 4) : -1;
    return byte < 0 ? undefined : { byte, end: at + 4 };
  }
  return kind === 0x75 ? unicodeEscapeAt(bytes, at, to) : undefined;
}

function unicodeEscapeAt(bytes: Buffer, at: number, to: number): Step | undefined {
  if (bytes[at + 2] === 0x7b) {
    let end = at + 3;
    while (end < to && end < at + 9 && HEX_DIGIT[bytes[end] ?? 0] === 1) end += 1;
    const codePoint = bytes[end] === 0x7d && end < to ? hexAt(bytes, at + 3, end) : -1;
    return isScalar(codePoint) ? { codePoint, end: end + 1 } : undefined;
  }
  const unit = at + 6 <= to ? hexAt(bytes, at + 2, at + 6) : -1;
  if (unit < 0) return undefined;
  if (unit >= 0xd800 && unit < 0xdc00 && at + 12 <= to && bytes[at + 6] === 0x5c && bytes[at + 7] === 0x75) {
    const low = hexAt(bytes, at + 8, at + 12);
    if (low >= 0xdc00 && low < 0xe000)
      return { codePoint: 0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00), end: at + 12 };
  }
  return isScalar(unit) ? { codePoint: unit, end: at + 6 } : undefined;
}

const isScalar = (codePoint: number): boolean =>
  codePoint >= 0 && codePoint <= 0x10ffff && (codePoint < 0xd800 || codePoint >= 0xe000);

/** RFC 3986, section 2.1. */
function percentAt(bytes: Buffer, at: number, to: number): Step | undefined {
  if (bytes[at] !== 0x25 || at + 3 > to) return undefined;
  const byte = hexAt(bytes, at + 1, at + 3);
  return byte < 0 ? undefined : { byte, end: at + 3 };
}

// prettier-ignore
const NAMED_ENTITIES: ReadonlyMap<string, number> = new Map(Object.entries({
  quot: 0x22, amp: 0x26, apos: 0x27, lt: 0x3c, gt: 0x3e, nbsp: 0x20, equals: 0x3d, lowbar: 0x5f, UnderBar: 0x5f,
  colon: 0x3a, sol: 0x2f, plus: 0x2b, hyphen: 0x2d, dash: 0x2d, period: 0x2e, commat: 0x40, NewLine: 0x0a, Tab: 0x09,
}));
const LONGEST_ENTITY = 10;

/** Character references of HTML and XML, numeric ones and those of ASCII. */
function entityAt(bytes: Buffer, at: number, to: number): Step | undefined {
  if (bytes[at] !== 0x26) return undefined;
  const limit = Math.min(to, at + LONGEST_ENTITY + 2);
  let end = at + 1;
  while (end < limit && bytes[end] !== 0x3b) end += 1;
  if (end >= limit) return undefined;
  const codePoint =
    bytes[at + 1] === 0x23
      ? numericEntity(bytes, at + 2, end)
      : NAMED_ENTITIES.get(bytes.toString('latin1', at + 1, end));
  return codePoint !== undefined && isScalar(codePoint) ? { codePoint, end: end + 1 } : undefined;
}

/** One to eight decimal digits, or an `x` and one to seven of base 16. */
function numericEntity(bytes: Buffer, from: number, to: number): number | undefined {
  const isHex = bytes[from] === 0x78 || bytes[from] === 0x58;
  const first = isHex ? from + 1 : from;
  if (to <= first || to - first > (isHex ? 7 : 8)) return undefined;
  if (isHex) return hexAt(bytes, first, to);
  let value = 0;
  for (let at = first; at < to; at += 1) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

function lookalikeAt(bytes: Buffer, at: number): Step | undefined {
  if ((bytes[at] ?? 0) < 0x80) return undefined;
  const char = codePointAt(bytes, at);
  const folded = char === undefined ? undefined : fold(char.codePoint);
  if (char === undefined || folded === undefined) return undefined;
  const end = at + char.length;
  return folded.text === '' ? { dropped: true, end } : { byte: folded.text.charCodeAt(0), end };
}

const LONGEST_JOIN = 32;

/** From the quote that closes one literal to the quote that opens the next: `" + "`, `' . '`. */
function joinAt(bytes: Buffer, at: number, to: number, commas: boolean): Step | undefined {
  // A backslash before the line's end carries on the literal; in a literal of JSON it takes three of them.
  if (bytes[at] === 0x5c && bytes[at + 1] === 0x0a) return { dropped: true, end: at + 2 };
  let end = at;
  while (bytes[end] === 0x5c && end < at + 4) end += 1;
  const quote = bytes[end] ?? 0;
  if (QUOTE[quote] !== 1) return undefined;
  end += 1;
  const limit = Math.min(to, end + LONGEST_JOIN);
  end = skipBlank(bytes, end, limit);
  const operator = bytes[end];
  if (operator !== 0x2b && operator !== 0x2e && !(commas && operator === 0x2c)) return undefined;
  end = skipBlank(bytes, end + 1, limit);
  while (bytes[end] === 0x5c && end < limit) end += 1;
  return end < limit && bytes[end] === quote ? { dropped: true, end: end + 1 } : undefined;
}

/** Past blanks and line ends, those too that are escaped. */
function skipBlank(bytes: Buffer, at: number, limit: number): number {
  let end = at;
  while (end < limit) {
    const byte = bytes[end] ?? 0;
    if (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) end += 1;
    else if (byte === 0x5c && (bytes[end + 1] === 0x6e || bytes[end + 1] === 0x72 || bytes[end + 1] === 0x74))
      end += 2;
    else break;
  }
  return end;
}

/**
 * Past the end of a line between two lines of base64, or the same place where there is none. In a literal the line's
 * end is written `\n`, whose letter is of the alphabet.
 */
export function skipLineBreak(bytes: Buffer, at: number, to: number): number {
  const next = skipBlank(bytes, at, Math.min(to, at + 16));
  if (next === at || next >= to || (SEXTET[bytes[next] ?? 0] ?? 64) > 63) return at;
  for (let blank = at; blank < next; blank += 1)
    if (bytes[blank] === 0x0a || bytes[blank] === 0x0d || bytes[blank] === 0x5c) return next;
  return at;
}

/** RFC 4648, sections 4 and 5, mixed as they come, lines broken or not. */
function decodeBase64(
  bytes: Buffer,
  { from, to }: { readonly from: number; readonly to: number },
  out: ViewWriter,
): void {
  let at = from;
  let bits = 0;
  let held = 0;
  // Where the sextet started that the next byte's first bits are from.
  let first = from;
  while (at < to) {
    const value = SEXTET[bytes[at] ?? 0] ?? 64;
    if (value > 63) {
      const next = skipLineBreak(bytes, at, to);
      if (next === at) return;
      at = next;
      continue;
    }
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      put(out, (bits >> held) & 0xff, first, at + 1);
      first = held > 0 ? at : at + 1;
    } else first = at;
    at += 1;
    if (held === 0) {
      // A whole group ends here; a line may end too.
      const next = (SEXTET[bytes[at] ?? 0] ?? 64) < 64 ? at : skipLineBreak(bytes, at, to);
      at = next;
      first = next;
    }
  }
}
