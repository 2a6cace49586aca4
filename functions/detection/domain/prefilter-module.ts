/**
 * The prefilter's inner loop as a WebAssembly module, assembled here byte by byte so that what runs can be read where
 * it stands and nothing has to be compiled to change it. Source of the encoding: WebAssembly Core Specification 2.0,
 * chapter 5.
 *
 * What it does, in the terms of {@link LAYOUT}: for each position of the text it hashes three bytes, case folded; where
 * the table knows the hash, and the character that follows, each keyword of its chain is compared in full; each that
 * stands there is written out.
 */

type Code = readonly (number | Code)[];

/** Where things lie in the module's memory, in bytes. The text lies last. */
export const LAYOUT = {
  /** One byte per hash: by its lowest three bits, which characters follow the hashed ones in keywords that have it. */
  table: 0,
  /** One 16-bit number per hash: the first keyword of its chain, counted from 1. */
  heads: 64 * 1024,
  /** Sixteen bytes per keyword: next in the chain, length, offset of the hashed bytes in it, address of its text. */
  records: 192 * 1024,
  /** Texts of the keywords in lower case. */
  texts: 256 * 1024,
  /** For each of their characters the bit that folds case, for letters; nothing for others. */
  folds: 304 * 1024,
  /** Hits: position and number of the keyword, 32 bits each. */
  hits: 352 * 1024,
  text: 1376 * 1024,
} as const;

export const HASH_BITS = 16;
export const HASH_FACTOR = 0x9e3779b1;
/** Setting this bit folds the case of ASCII letters, and some other characters: enough for a hash, not for a keyword. */
export const FOLD = 0x20;
/** So many bytes are hashed together. */
export const GRAM = 3;
/** The character after the hashed ones is known by its lowest bits, which case does not change. */
export const FOLLOWERS = 8;
export const MAX_HITS = (LAYOUT.text - LAYOUT.hits) / 8 - 64;
export const MAX_KEYWORDS = (LAYOUT.texts - LAYOUT.records) / 16 - 1;

const unsigned = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
};
const signed = (value: bigint): number[] => {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
};

const I32 = 0x7f;
const I64 = 0x7e;
const VOID = 0x40;
const constant = (value: number): Code => [0x41, ...signed(BigInt(value | 0))];
const constant64 = (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))];
const get = (local: number): Code => [0x20, local];
const set = (local: number, value: Code): Code => [value, 0x21, local];
const load = (at: Code, offset = 0): Code => [at, 0x28, 0, ...unsigned(offset)];
const load64 = (at: Code): Code => [at, 0x29, 0, 0];
const loadByte = (at: Code, offset = 0): Code => [at, 0x2d, 0, ...unsigned(offset)];
const loadShort = (at: Code, offset = 0): Code => [at, 0x2f, 0, ...unsigned(offset)];
const store = (at: Code, value: Code, offset = 0): Code => [at, value, 0x36, 0, ...unsigned(offset)];
const binary =
  (opcode: number) =>
  (left: Code, right: Code): Code => [left, right, opcode];
const add = binary(0x6a);
const subtract = binary(0x6b);
const multiply = binary(0x6c);
const and = binary(0x71);
const or = binary(0x72);
const shiftLeft = binary(0x74);
const shiftRight = binary(0x76);
const notEqual = binary(0x47);
const lessThan = binary(0x49);
const greaterThan = binary(0x4b);
const atLeast = binary(0x4f);
const or64 = binary(0x84);
const shiftRight64 = binary(0x88);
const wrap = (value: Code): Code => [value, 0xa7];
const block = (...body: Code): Code => [0x02, VOID, ...body, 0x0b];
const loop = (...body: Code): Code => [0x03, VOID, ...body, 0x0b];
const when = (condition: Code, ...body: Code): Code => [condition, 0x04, VOID, ...body, 0x0b];
const branch = (depth: number): Code => [0x0c, depth];
const branchIf = (depth: number, condition: Code): Code => [condition, 0x0d, depth];

/** Locals of `scan(from, end, count) → count`: addresses of the first and past the last byte, hits written before. */
const L = {
  at: 0,
  end: 1,
  count: 2,
  hash: 3,
  id: 4,
  record: 5,
  start: 6,
  index: 7,
  place: 8,
  wide: 13,
} as const;
const HASHES = [9, 10, 11, 12] as const;

/** The hash of the three lowest bytes of a folded word. */
const hashOf = (word: Code): Code =>
  shiftRight(multiply(shiftLeft(word, constant(8)), constant(HASH_FACTOR)), constant(32 - HASH_BITS));

/** Compares each keyword of the chain at `hash` with the text around `place`, and writes out those that stand there. */
const verify = (): Code => [
  set(L.id, loadShort(shiftLeft(get(L.hash), constant(1)), LAYOUT.heads)),
  loop(
    set(L.record, add(shiftLeft(get(L.id), constant(4)), constant(LAYOUT.records))),
    set(L.start, subtract(get(L.place), load(get(L.record), 8))),
    block(
      branchIf(0, lessThan(get(L.start), constant(LAYOUT.text))),
      branchIf(0, greaterThan(add(get(L.start), load(get(L.record), 4)), get(L.end))),
      set(L.index, constant(0)),
      loop(
        branchIf(
          1,
          notEqual(
            or(
              loadByte(add(get(L.start), get(L.index))),
              loadByte(add(load(get(L.record), 12), get(L.index)), LAYOUT.folds - LAYOUT.texts),
            ),
            loadByte(add(load(get(L.record), 12), get(L.index))),
          ),
        ),
        set(L.index, add(get(L.index), constant(1))),
        branchIf(0, lessThan(get(L.index), load(get(L.record), 4))),
      ),
      store(shiftLeft(get(L.count), constant(3)), subtract(get(L.start), constant(LAYOUT.text)), LAYOUT.hits),
      store(shiftLeft(get(L.count), constant(3)), subtract(get(L.id), constant(1)), LAYOUT.hits + 4),
      set(L.count, add(get(L.count), constant(1))),
    ),
    set(L.id, load(get(L.record))),
    branchIf(0, get(L.id)),
  ),
];

const BYTES_A_TURN = HASHES.length;

const body: Code = [
  block(
    loop(
      branchIf(1, atLeast(get(L.at), get(L.end))),
      // A turn writes few hits, and the caller keeps room for them.
      branchIf(1, atLeast(get(L.count), constant(MAX_HITS))),
      set(L.wide, or64(load64(get(L.at)), constant64(0x2020202020202020n))),
      HASHES.map((local, step) =>
        set(local, hashOf(wrap(shiftRight64(get(L.wide), constant64(BigInt(8 * step)))))),
      ),
      when(
        HASHES.map((local): Code => loadByte(get(local), LAYOUT.table)).reduce(or),
        HASHES.map((local, step) =>
          when(
            and(
              shiftRight(
                loadByte(get(local), LAYOUT.table),
                and(loadByte(get(L.at), step + GRAM), constant(FOLLOWERS - 1)),
              ),
              constant(1),
            ),
            set(L.hash, get(local)),
            set(L.place, add(get(L.at), constant(step))),
            verify(),
          ),
        ),
      ),
      set(L.at, add(get(L.at), constant(BYTES_A_TURN))),
      branch(0),
    ),
  ),
  // Where it stopped, for a caller that has to go on.
  store(constant(LAYOUT.hits - 8), get(L.at)),
  get(L.count),
];

/** Address of the word that says where the last scan stopped. */
export const STOPPED_AT = LAYOUT.hits - 8;

function bytesOf(code: Code): number[] {
  return code.flatMap((part) => (typeof part === 'number' ? [part] : bytesOf(part)));
}

const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...unsigned(content.length),
  ...content,
];
const text = (value: string): number[] => [...unsigned(value.length), ...Buffer.from(value)];

/** The module: imports `m.m`, its memory; exports `scan`. */
export function prefilterModule(memoryPages: number): Uint8Array<ArrayBuffer> {
  const locals = [2, 10, I32, 1, I64];
  const code = [...locals, ...bytesOf(body), 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 3, I32, I32, I32, 1, I32]),
    ...section(2, [
      1,
      ...text('m'),
      ...text('m'),
      0x02,
      0x01,
      ...unsigned(memoryPages),
      ...unsigned(memoryPages),
    ]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text('scan'), 0x00, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}
