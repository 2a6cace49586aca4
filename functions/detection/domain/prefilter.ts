/** Finds every place in a body of bytes where some keyword starts, in one pass, whatever the keywords' case (ASCII). */

/** Parallel arrays of which the first `count` elements are filled; overwritten by the next scan. */
export interface KeywordHits {
  count: number;
  /** Where the keyword starts, in bytes; ascending by where it ends. */
  starts: Int32Array;
  /** Index of the keyword in the list the prefilter was made of. */
  keywords: Int32Array;
}

export interface Prefilter {
  /** Looks at the first `end` bytes. */
  scan(bytes: Uint8Array, end: number): KeywordHits;
}

const SYMBOLS = 256;

/**
 * An Aho-Corasick automaton (Aho and Corasick 1975) as one dense table, so that a byte costs one look-up.
 * @param keywords lower-case ASCII, distinct, none empty
 */
export function createPrefilter(keywords: readonly string[]): Prefilter {
  const { table, outputs } = buildAutomaton(keywords);
  const lengths = Int32Array.from(keywords, (keyword) => keyword.length);
  const hits: KeywordHits = { count: 0, starts: new Int32Array(1024), keywords: new Int32Array(1024) };

  function add(end: number, ids: readonly number[]): void {
    for (const id of ids) {
      if (hits.count === hits.starts.length) {
        hits.starts = grown(hits.starts);
        hits.keywords = grown(hits.keywords);
      }
      hits.starts[hits.count] = end - (lengths[id] ?? 0);
      hits.keywords[hits.count] = id;
      hits.count += 1;
    }
  }

  return {
    scan(bytes, end) {
      hits.count = 0;
      let state = 0;
      for (let at = 0; at < end; at += 1) {
        // A negative entry marks a state in which some keyword ends.
        const next = table[state + (bytes[at] ?? 0)] ?? 0;
        state = next < 0 ? -next : next;
        if (next < 0) add(at + 1, outputs[state / SYMBOLS] ?? []);
      }
      return hits;
    },
  };
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

function buildAutomaton(keywords: readonly string[]): {
  table: Int32Array;
  outputs: readonly (readonly number[])[];
} {
  const states = 1 + keywords.reduce((sum, keyword) => sum + keyword.length, 0);
  const trie = new Int32Array(states * SYMBOLS).fill(-1);
  const outputs: number[][] = [[]];
  for (const [id, keyword] of keywords.entries()) {
    let state = 0;
    for (const byte of Buffer.from(keyword, 'latin1')) {
      const known = trie[state * SYMBOLS + byte] ?? -1;
      const next = known >= 0 ? known : outputs.push([]) - 1;
      for (const variant of casesOf(byte)) trie[state * SYMBOLS + variant] = next;
      state = next;
    }
    outputs[state]?.push(id);
  }

  const failure = new Int32Array(outputs.length);
  const queue: number[] = [];
  for (let symbol = 0; symbol < SYMBOLS; symbol += 1) {
    const next = trie[symbol] ?? -1;
    if (next < 0) trie[symbol] = 0;
    else if (!queue.includes(next)) queue.push(next);
  }
  for (let head = 0; head < queue.length; head += 1) {
    const state = queue[head] ?? 0;
    const fallback = failure[state] ?? 0;
    outputs[state]?.push(...(outputs[fallback] ?? []));
    for (let symbol = 0; symbol < SYMBOLS; symbol += 1) {
      const next = trie[state * SYMBOLS + symbol] ?? -1;
      const after = trie[fallback * SYMBOLS + symbol] ?? 0;
      if (next < 0) trie[state * SYMBOLS + symbol] = after;
      else if (failure[next] === 0 && !queue.includes(next, head)) {
        failure[next] = after;
        queue.push(next);
      }
    }
  }

  const table = new Int32Array(outputs.length * SYMBOLS);
  for (let cell = 0; cell < table.length; cell += 1) {
    const next = trie[cell] ?? 0;
    table[cell] = (outputs[next]?.length ?? 0) > 0 ? -next * SYMBOLS : next * SYMBOLS;
  }
  return { table, outputs };
}

function casesOf(byte: number): readonly number[] {
  const lower = byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;
  return lower >= 0x61 && lower <= 0x7a ? [lower, lower - 32] : [lower];
}
