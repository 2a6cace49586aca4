/**
 * Views of an entry in which something was decoded: text as it was before somebody escaped, encoded or disguised it.
 * A view remembers for each of its bytes where in the entry it came from, so that a finding is cut exactly there.
 */

/** Decoded bytes, and for each the span `[starts[i], ends[i])` of the entry that it stands for. */
export interface View {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** How often a view is decoded again: base64 of JSON of base64 is three deep. */
export const MAX_DEPTH = 3;
/** Decoded bytes of one entry, in all views together, for each byte that it has. */
export const MAX_GROWTH = 3;

/** Strings that stand where something is escaped or disguised; at least three bytes, as the prefilter wants them. */
export const ESCAPE_MARKS: readonly string[] = [
  ...[...'0123456789abcdef'].map((digit) => `\\u${digit}`),
  ...[...'234567'].map((digit) => `\\x${digit}`),
  ...[...'234567'].flatMap((high) => [...'0123456789abcdef'].map((low) => `%${high}${low}`)),
  ...[...'abcdefghijklmnopqrstuvwxyz0123456789'].map((next) => `\\/${next}`),
  ...[
    '&#x',
    '&#1',
    '&#3',
    '&#4',
    '&#5',
    '&#6',
    '&#7',
    '&#8',
    '&#9',
    '&quot;',
    '&amp;',
    '&lt;',
    '&gt;',
    '&apos;',
  ],
  // Strings that are joined: "abc" + "def".
  ...['" + "', "' + '", '"+"', "'+'", '" . "', "' . '", '" "', '\\" + \\"'],
  // Zero-width characters, soft line breaks and the byte order mark.
  ...[
    '\u200b',
    '\u200c',
    '\u200d',
    '\u200e',
    '\u200f',
    '\u2060',
    '\u2061',
    '\u2062',
    '\u2063',
    '\u2064',
    '\ufeff',
  ].map(latin1),
  // The first three bytes of full-width forms and of mathematical letters.
  ...Array.from({ length: 128 }, (_, step) => latin1(String.fromCodePoint(0xff01 + step))).slice(0, 94),
  ...Array.from({ length: 16 }, (_, step) => `\xf0\x9d${String.fromCharCode(0x90 + step)}`),
];

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** First bytes of the Greek and Cyrillic letters that are made to look like Latin ones. */
export const LOOKALIKE_BYTES = [0xce, 0xcf, 0xd0, 0xd1] as const;

/** Letters of other alphabets that cannot be told from Latin ones by eye; after Unicode TR 39, its most used part. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    А: 'A',
    В: 'B',
    Е: 'E',
    К: 'K',
    М: 'M',
    Н: 'H',
    О: 'O',
    Р: 'P',
    С: 'C',
    Т: 'T',
    Х: 'X',
    У: 'Y',
    І: 'I',
    Ј: 'J',
    Ѕ: 'S',
    а: 'a',
    е: 'e',
    о: 'o',
    р: 'p',
    с: 'c',
    у: 'y',
    х: 'x',
    і: 'i',
    ј: 'j',
    ѕ: 's',
    һ: 'h',
    ԁ: 'd',
    ԛ: 'q',
    ԝ: 'w',
    Α: 'A',
    Β: 'B',
    Ε: 'E',
    Ζ: 'Z',
    Η: 'H',
    Ι: 'I',
    Κ: 'K',
    Μ: 'M',
    Ν: 'N',
    Ο: 'O',
    Ρ: 'P',
    Τ: 'T',
    Υ: 'Y',
    Χ: 'X',
    α: 'a',
    ο: 'o',
    ν: 'v',
    ρ: 'p',
    ι: 'i',
    κ: 'k',
    υ: 'u',
  }),
);

const INVISIBLE = /[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\u180e\u034f]/u;

class Writer {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  length = 0;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafe(capacity);
    this.starts = new Uint32Array(capacity);
    this.ends = new Uint32Array(capacity);
  }

  put(byte: number, start: number, end: number): void {
    this.bytes[this.length] = byte;
    this.starts[this.length] = start;
    this.ends[this.length] = end;
    this.length += 1;
  }

  putText(text: string, start: number, end: number): void {
    for (const byte of Buffer.from(text)) this.put(byte, start, end);
  }

  view(): View {
    return {
      bytes: this.bytes.subarray(0, this.length),
      starts: this.starts.subarray(0, this.length),
      ends: this.ends.subarray(0, this.length),
    };
  }
}

const ENTITIES: Readonly<Record<string, string>> = { quot: '"', amp: '&', lt: '<', gt: '>', apos: "'" };
const SIMPLE: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/**
 * One pass over escapes (JSON, `\x`, percent, HTML), joined strings, invisible characters, compatibility forms (NFKC)
 * and look-alike letters.
 * @returns undefined where nothing changed
 */
export function unescaped(bytes: Buffer): View | undefined {
  const writer = new Writer(bytes.length);
  let changed = false;
  for (let at = 0; at < bytes.length;) {
    const found = decodeAt(bytes, at);
    if (found === undefined) {
      writer.put(bytes[at] ?? 0, at, at + 1);
      at += 1;
      continue;
    }
    changed = true;
    writer.putText(found.text, at, at + found.length);
    at += found.length;
  }
  return changed ? writer.view() : undefined;
}

interface Decoded {
  readonly text: string;
  /** Bytes of the original that it stands for; never fewer than the text has. */
  readonly length: number;
}

function decodeAt(bytes: Buffer, at: number): Decoded | undefined {
  const byte = bytes[at] ?? 0;
  if (byte === 0x5c) return fromBackslash(bytes.toString('latin1', at, at + 14));
  if (byte === 0x25) return fromPercent(bytes.toString('latin1', at, at + 3));
  if (byte === 0x26) return fromEntity(bytes.toString('latin1', at, at + 10));
  if (byte === 0x22 || byte === 0x27) return fromJoin(bytes.toString('latin1', at, at + 9));
  return byte >= 0xc2 ? fromCharacter(bytes, at) : undefined;
}

function fromBackslash(text: string): Decoded | undefined {
  const joined = /^(\\+["'])\s?[+.]\s?\1/.exec(text);
  if (joined !== null) return { text: '', length: joined[0].length };
  const unicode = /^\\+u([0-9A-Fa-f]{4})/.exec(text);
  if (unicode !== null) {
    const char = String.fromCharCode(Number.parseInt(unicode[1] ?? '', 16));
    return { text: char.isWellFormed() ? plain(char) : '', length: unicode[0].length };
  }
  const hex = /^\\+x([0-9A-Fa-f]{2})/.exec(text);
  if (hex !== null)
    return { text: String.fromCharCode(Number.parseInt(hex[1] ?? '', 16) & 0x7f), length: hex[0].length };
  const simple = /^\\([nrtbf"\\/])/.exec(text);
  if (simple === null) return undefined;
  const char = simple[1] ?? '';
  return { text: SIMPLE[char] ?? char, length: 2 };
}

function fromPercent(text: string): Decoded | undefined {
  const code = /^%([2-7][0-9A-Fa-f])/.exec(text)?.[1];
  return code === undefined ? undefined : { text: String.fromCharCode(Number.parseInt(code, 16)), length: 3 };
}

function fromEntity(text: string): Decoded | undefined {
  const entity = /^&(?:#x([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(quot|amp|lt|gt|apos));/.exec(text);
  if (entity === null) return undefined;
  const [all, hex, decimal, name] = entity;
  if (name !== undefined) return { text: ENTITIES[name] ?? '', length: all.length };
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return undefined;
  return { text: plain(String.fromCodePoint(code)), length: all.length };
}

function fromJoin(text: string): Decoded | undefined {
  const joined = /^(["'])\s?[+.]\s?\1/.exec(text);
  return joined === null ? undefined : { text: '', length: joined[0].length };
}

function fromCharacter(bytes: Buffer, at: number): Decoded | undefined {
  const byte = bytes[at] ?? 0;
  const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
  const char = bytes.toString('utf8', at, at + length);
  const text = plain(char);
  return text === char || Buffer.byteLength(text) > length ? undefined : { text, length };
}

/** A character as ASCII where it only disguises itself. */
function plain(char: string): string {
  if (INVISIBLE.test(char)) return '';
  return LOOKALIKES.get(char) ?? char.normalize('NFKC');
}

const BASE64 = classTable('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_');
const HEX = classTable('0123456789abcdefABCDEF');
/** Shortest run that is looked at, in characters: 18 bytes in base64. */
const SHORTEST_RUN = 24;
const PROBE = SHORTEST_RUN / 2;
/** A line of broken base64 is at least this long; 64 and 76 are usual. */
const SHORTEST_LINE = 40;

function classTable(chars: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const char of chars) table[char.charCodeAt(0)] = 1;
  return table;
}

/** Every run of base64 or hexadecimal digits that decodes to text, decoded. */
export function decodedRuns(bytes: Buffer): readonly View[] {
  const views: View[] = [];
  // A run of 24 covers two probes that are 12 apart; words in between are passed by.
  for (let probe = PROBE - 1; probe < bytes.length; probe += PROBE) {
    if (BASE64[bytes[probe] ?? 0] === 0 || BASE64[bytes[probe - PROBE + 1] ?? 0] === 0) continue;
    let start = probe;
    while (start > 0 && BASE64[bytes[start - 1] ?? 0] === 1) start -= 1;
    let end = probe + 1;
    while (end < bytes.length && BASE64[bytes[end] ?? 0] === 1) end += 1;
    if (end - start >= SHORTEST_RUN) {
      const run = fromHex(bytes, start, end) ?? fromBase64(bytes, start, end);
      if (run !== undefined) {
        views.push(run.view);
        end = run.end;
      }
    }
    probe += Math.max(0, Math.floor((end - probe) / PROBE)) * PROBE;
  }
  return views;
}

const isText = (byte: number): boolean =>
  (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Whether the first bytes read as text; wide text (UTF-16, little-endian) has a zero after each. */
function textWidth(head: Buffer): 0 | 1 | 2 {
  if (head.length < 12) return 0;
  const first = head.subarray(0, 12);
  if (first.every(isText)) return 1;
  return first.every((byte, index) => (index % 2 === 0 ? isText(byte) : byte === 0)) ? 2 : 0;
}

const DIGIT = digitTable();

function digitTable(): Uint8Array {
  const table = new Uint8Array(256);
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  for (let value = 0; value < digits.length; value += 1) table[digits.charCodeAt(value)] = value;
  table[0x2d] = 62;
  table[0x5f] = 63;
  return table;
}

/** Whether the first six bytes could be text of one or two bytes a character; most runs are seen off here. */
function mayBeText(bytes: Buffer, start: number): boolean {
  let wide = true;
  let narrow = true;
  for (let group = 0; group < 2; group += 1) {
    const at = start + 4 * group;
    const [a, b, c, d] = [
      DIGIT[bytes[at] ?? 0],
      DIGIT[bytes[at + 1] ?? 0],
      DIGIT[bytes[at + 2] ?? 0],
      DIGIT[bytes[at + 3] ?? 0],
    ];
    const word = ((a ?? 0) << 18) | ((b ?? 0) << 12) | ((c ?? 0) << 6) | (d ?? 0);
    const [one, two, three] = [word >>> 16, (word >>> 8) & 0xff, word & 0xff] as const;
    narrow &&= isText(one) && isText(two) && isText(three);
    wide &&=
      group === 0 ? two === 0 && isText(one) && isText(three) : one === 0 && three === 0 && isText(two);
  }
  return narrow || wide;
}

function fromHex(bytes: Buffer, start: number, end: number): { view: View; end: number } | undefined {
  for (let at = start; at < start + SHORTEST_RUN; at += 1) if (HEX[bytes[at] ?? 0] === 0) return undefined;
  // The first digit of a character of text is 2 to 7, or that of a line break or tab.
  for (let at = start; at < start + 8; at += 2) {
    const digit = bytes[at] ?? 0;
    if (digit !== 0x30 && (digit < 0x32 || digit > 0x37)) return undefined;
  }
  const head = Buffer.from(bytes.toString('latin1', start, start + SHORTEST_RUN), 'hex');
  const width = textWidth(head);
  if (width === 0) return undefined;
  const decoded = Buffer.from(bytes.toString('latin1', start, end), 'hex');
  const writer = new Writer(decoded.length);
  for (let index = 0; index < decoded.length; index += width)
    writer.put(decoded[index] ?? 0, start + 2 * index, Math.min(end, start + 2 * (index + width)));
  return { view: writer.view(), end };
}

function fromBase64(bytes: Buffer, start: number, end: number): { view: View; end: number } | undefined {
  if (!mayBeText(bytes, start)) return undefined;
  const width = textWidth(Buffer.from(bytes.toString('latin1', start, start + 16), 'base64'));
  if (width === 0) return undefined;
  const places: number[] = [];
  for (let at = start; at < end; at += 1) places.push(at);
  // Lines of one text, whatever breaks them: a line feed, an escaped one, a space.
  let last = end;
  for (let lineStart = start; last - lineStart >= SHORTEST_LINE;) {
    const gap = /^(?:\r?\n|\\r\\n|\\n| )[ \t]{0,8}(?=[A-Za-z0-9+/])/.exec(
      bytes.toString('latin1', last, last + 14),
    )?.[0].length;
    if (gap === undefined) break;
    lineStart = last + gap;
    last = lineStart;
    while (last < bytes.length && BASE64[bytes[last] ?? 0] === 1) places.push(last++);
  }
  const text = places.map((place) => String.fromCharCode(bytes[place] ?? 0)).join('');
  const decoded = Buffer.from(text, 'base64');
  const writer = new Writer(decoded.length);
  for (let index = 0; index < decoded.length; index += width) {
    const from = places[Math.floor((index * 4) / 3)] ?? start;
    const to = places[Math.min(places.length - 1, Math.ceil(((index + width) * 4) / 3) - 1)] ?? last - 1;
    writer.put(decoded[index] ?? 0, from, to + 1);
  }
  return { view: writer.view(), end: last };
}

/** A view of a view, as a view of what the first was made from. */
export function composed(outer: View, inner: View): View {
  return {
    bytes: inner.bytes,
    starts: inner.starts.map((place) => outer.starts[place] ?? 0),
    ends: inner.ends.map((place) => outer.ends[place - 1] ?? 0),
  };
}
