/** Finds many secrets in many texts in one pass over them, however many they are (as Karp and Rabin). */

/** Where a secret stands: in which text, from which byte to which. */
export interface Occurrence {
  readonly text: number;
  readonly from: number;
  readonly to: number;
}

/** A shorter secret would be found where it is not. */
const MIN_BYTES = 6;
const HASH_BITS = 13;

interface Sought {
  readonly secret: string;
  readonly bytes: Buffer;
  /** Where in it the four bytes stand that are looked up: in the middle, since many secrets begin and end alike. */
  readonly middle: number;
  /** The next one with these bytes. */
  readonly next: Sought | undefined;
  readonly found: Occurrence[];
  /** Past the last occurrence in the present text: they do not overlap. */
  text: number;
  end: number;
}

/** @returns for each secret that stands anywhere, where: by text, then by offset, none over another */
export function occurrences(
  secrets: readonly string[],
  texts: readonly Buffer[],
): ReadonlyMap<string, readonly Occurrence[]> {
  const byWord = new Map<number, Sought>();
  // Most words are in no secret, and this says so sooner than a map.
  const known = new Uint8Array(1 << HASH_BITS);
  const all: Sought[] = [];
  for (const secret of secrets) {
    const bytes = Buffer.from(secret);
    if (bytes.length < MIN_BYTES) continue;
    const middle = (bytes.length - 4) >> 1;
    const word = bytes.readInt32BE(middle);
    const sought: Sought = { secret, bytes, middle, next: byWord.get(word), found: [], text: -1, end: 0 };
    byWord.set(word, sought);
    known[hashOf(word)] = 1;
    all.push(sought);
  }
  if (all.length === 0) return new Map();
  for (const [text, bytes] of texts.entries()) {
    let word = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      word = (word << 8) | (bytes[at] ?? 0);
      if (known[hashOf(word)] === 0) continue;
      for (let one = byWord.get(word); one !== undefined; one = one.next) {
        const from = at - 3 - one.middle;
        const to = from + one.bytes.length;
        if (
          from < (one.text === text ? one.end : 0) ||
          to > bytes.length ||
          !standsAt(bytes, from, one.bytes)
        )
          continue;
        one.text = text;
        one.end = to;
        one.found.push({ text, from, to });
      }
    }
  }
  return new Map(all.flatMap(({ secret, found }) => (found.length === 0 ? [] : [[secret, found]])));
}

const hashOf = (word: number): number => Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);

function standsAt(bytes: Buffer, at: number, text: Buffer): boolean {
  for (let offset = 0; offset < text.length; offset += 1)
    if (bytes[at + offset] !== text[offset]) return false;
  return true;
}
