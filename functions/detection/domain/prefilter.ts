/** Finds every place in a body of bytes where some keyword starts, in one pass, whatever the keywords' case (ASCII). */
import {
  FOLD,
  FOLLOWERS,
  GRAM,
  HASH_BITS,
  HASH_FACTOR,
  LAYOUT,
  MAX_HITS,
  MAX_KEYWORDS,
  prefilterModule,
  STOPPED_AT,
} from './prefilter-module.ts';
import { pairCommonness } from './words.ts';

/** Parallel lists of which the first `count` are filled; overwritten by the next scan. */
export interface KeywordHits {
  count: number;
  /** Where the keyword starts, in bytes; those of one entry before those of the next. */
  starts: Int32Array;
  /** Index of the keyword in the list that the prefilter was made of. */
  keywords: Int32Array;
}

export interface Prefilter {
  /** Lay text here and it is scanned where it lies. */
  readonly arena: Buffer;
  /** Looks at the first `end` bytes of the arena, or of a larger buffer that is copied there piece by piece. */
  scan(bytes: Buffer, end: number): KeywordHits;
}

const ARENA_BYTES = 1024 * 1024;
const PAGE = 64 * 1024;
/** A turn of the loop reads a little past the end. */
const SLACK = PAGE;

const folded = (byte: number): number => byte | FOLD;

function hashOf(bytes: Uint8Array, at: number): number {
  const word =
    (folded(bytes[at] ?? 0) << 8) | (folded(bytes[at + 1] ?? 0) << 16) | (folded(bytes[at + 2] ?? 0) << 24);
  return Math.imul(word, HASH_FACTOR) >>> (32 - HASH_BITS);
}

/** Where in a keyword its rarest three bytes stand: what is hashed should be met seldom in ordinary text. */
function rarestGram(keyword: string): number {
  let best = 0;
  let least = Infinity;
  for (let at = 0; at + GRAM <= keyword.length; at += 1) {
    const common = pairCommonness(keyword.slice(at, at + 2)) + pairCommonness(keyword.slice(at + 1, at + 3));
    if (common < least) [best, least] = [at, common];
  }
  return best;
}

/**
 * @param keywords lower-case printable ASCII, distinct, of three characters or more
 * @throws Error where a keyword is too short or there are too many
 */
export function createPrefilter(keywords: readonly string[]): Prefilter {
  const short = keywords.find((keyword) => keyword.length < GRAM);
  if (short !== undefined) throw new Error(`The keyword "${short}" is shorter than ${GRAM} characters.`);
  if (keywords.length > MAX_KEYWORDS)
    throw new Error(`${keywords.length} keywords are more than ${MAX_KEYWORDS}.`);

  const pages = Math.ceil((LAYOUT.text + ARENA_BYTES + SLACK) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  layOut(keywords, memory.buffer);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(prefilterModule(pages)), {
    m: { m: memory },
  });
  const run = instance.exports.scan;

  const arena = Buffer.from(memory.buffer, LAYOUT.text, ARENA_BYTES);
  const raw = new Int32Array(memory.buffer, LAYOUT.hits, (MAX_HITS + 64) * 2);
  const stopped = new Int32Array(memory.buffer, STOPPED_AT, 1);
  const lengths = Int32Array.from(keywords, (keyword) => keyword.length);
  const longest = Math.max(GRAM, ...lengths);
  const hits: KeywordHits = { count: 0, starts: new Int32Array(4096), keywords: new Int32Array(4096) };

  /** Scans what lies in the arena; what starts before `from` was reported with the piece before. */
  function scanPiece(length: number, offset: number, from: number): void {
    const end = LAYOUT.text + length;
    let at: number = LAYOUT.text;
    while (at < end) {
      const found = run(at, end, 0);
      at = stopped[0] ?? end;
      for (let hit = 0; hit < found; hit += 1) {
        const start = raw[2 * hit] ?? 0;
        const keyword = raw[2 * hit + 1] ?? 0;
        if (start + (lengths[keyword] ?? 0) > from) push(offset + start, keyword);
      }
    }
  }

  function push(start: number, keyword: number): void {
    if (hits.count === hits.starts.length) {
      hits.starts = grown(hits.starts);
      hits.keywords = grown(hits.keywords);
    }
    hits.starts[hits.count] = start;
    hits.keywords[hits.count] = keyword;
    hits.count += 1;
  }

  return {
    arena,
    scan(bytes, end) {
      hits.count = 0;
      if (bytes === arena) scanPiece(end, 0, 0);
      else {
        // Pieces overlap by what a keyword may reach across a border.
        const step = ARENA_BYTES - longest;
        for (let offset = 0; offset < end; offset += step) {
          const length = bytes.copy(arena, 0, offset, Math.min(end, offset + ARENA_BYTES));
          scanPiece(length, offset, offset === 0 ? 0 : longest);
        }
      }
      return hits;
    },
  };
}

/** Writes the hash table, the chains and the keywords into the module's memory. */
function layOut(keywords: readonly string[], memory: ArrayBuffer): void {
  const bytes = new Uint8Array(memory);
  const view = new DataView(memory);
  let text: number = LAYOUT.texts;
  for (const [index, keyword] of keywords.entries()) {
    const spelling = Buffer.from(keyword, 'latin1');
    const gram = rarestGram(keyword);
    const hash = hashOf(spelling, gram);
    const head = LAYOUT.heads + 2 * hash;
    const id = index + 1;
    const record = LAYOUT.records + 16 * id;
    view.setUint32(record, view.getUint16(head, true), true);
    view.setUint32(record + 4, spelling.length, true);
    view.setUint32(record + 8, gram, true);
    view.setUint32(record + 12, text, true);
    view.setUint16(head, id, true);
    const next = spelling[gram + GRAM];
    const follower = next === undefined ? 0xff : 1 << (next % FOLLOWERS);
    bytes[LAYOUT.table + hash] = (bytes[LAYOUT.table + hash] ?? 0) | follower;
    for (const byte of spelling) {
      bytes[text] = byte;
      bytes[text + LAYOUT.folds - LAYOUT.texts] = byte >= 0x61 && byte <= 0x7a ? FOLD : 0;
      text += 1;
    }
    if (text > LAYOUT.folds - 16) throw new Error('The keywords are longer than their place in memory.');
  }
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
