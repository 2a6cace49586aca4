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
  /** Where in it the four bytes stand that are looked up. */
  readonly place: number;
  /** The next one with these bytes, and how many there are from here on. */
  readonly next: Sought | undefined;
  readonly alike: number;
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
    const place = placeOf(bytes, byWord);
    const word = bytes.readInt32BE(place);
    const next = byWord.get(word);
    const alike = 1 + (next?.alike ?? 0);
    const sought: Sought = { secret, bytes, place, next, alike, found: [], text: -1, end: 0 };
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
        const from = at - 3 - one.place;
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

/** So many secrets with the same four bytes are compared one by one before others are looked for. */
const FEW = 4;

/** In the middle, since many secrets begin and end alike; where many are alike there too, where fewest are. */
function placeOf(bytes: Buffer, byWord: ReadonlyMap<number, Sought>): number {
  let best = (bytes.length - 4) >> 1;
  let least = byWord.get(bytes.readInt32BE(best))?.alike ?? 0;
  for (let place = 0; least >= FEW && place + 4 <= bytes.length; place += 2) {
    const alike = byWord.get(bytes.readInt32BE(place))?.alike ?? 0;
    if (alike < least) [best, least] = [place, alike];
  }
  return best;
}

const hashOf = (word: number): number => Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);

function standsAt(bytes: Buffer, at: number, text: Buffer): boolean {
  for (let offset = 0; offset < text.length; offset += 1)
    if (bytes[at + offset] !== text[offset]) return false;
  return true;
}
