/**
 * A regex as a deterministic automaton that is built as texts need it: a byte costs one look-up in a table. RE2 does the
 * same, but is reached by native calls of half a microsecond each, and most of what rules are tried on is told from a
 * match within a few bytes. What is not of ASCII, or would take too many states, is left to RE2.
 * Source: R. Cox, "Regular Expression Matching in the Wild" (2010); matches are leftmost-first, as RE2's are.
 */
import { FOLDED_LEADS, programOf, type Assertion, type Instruction } from './regex-program.ts';

export interface Automaton {
  /**
   * Past the last byte of the match that starts at a place, -1 where none does, or {@link UNKNOWN}.
   * @param limit up to where it looks
   */
  endAt(bytes: Buffer, at: number, limit?: number): number;
  /** How many bytes the last of these looked at. */
  looked(): number;
  /** False where the first {@link FEW_BYTES} bytes show that no match starts there. */
  mayMatchAt(bytes: Buffer, at: number, start: number, end: number): boolean;
}

/** Only RE2 can say, or who looks farther. */
export const UNKNOWN = -2;

const MAX_STATES = 4_000;
const FEW_BYTES = 12;

/** What stands before a place. */
const BEFORE = { other: 0, word: 1, nothing: 2 } as const;

const DEAD = 0;
const UNBUILT = -1;

const isWord = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || byte === 0x5f || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a);

/** @returns undefined for a regex that is left to RE2 altogether */
export function automatonOf(source: string): Automaton | undefined {
  const program = programOf(source);
  return program === undefined ? undefined : createAutomaton(program);
}

function createAutomaton(program: readonly Instruction[]): Automaton {
  const asksForWords = program.some(
    (one) => one.kind === 'assert' && (one.assertion === 'boundary' || one.assertion === 'no boundary'),
  );
  const { kinds, samples } = kindsOf(program, asksForWords);
  // Three more kinds: bytes beyond ASCII that case may fold, other ones, and the end of the text.
  const foldedBeyond = samples.length;
  const beyond = foldedBeyond + 1;
  const end = beyond + 1;
  const width = end + 1;
  /** Where threads stand, the preferred first, and what stands before. */
  const states: { readonly threads: readonly number[]; readonly before: number }[] = [
    { threads: [], before: BEFORE.other },
  ];
  const byName = new Map<string, number>();
  // For each state and kind of byte: the next state, doubled, and one more where a match ends before that byte.
  let table = new Int32Array(64 * width).fill(UNBUILT);
  table.fill(DEAD, 0, width);

  function stateOf(threads: readonly number[], before: number): number {
    if (threads.length === 0) return DEAD;
    const seen = asksForWords || before === BEFORE.nothing ? before : BEFORE.other;
    const name = `${String(seen)} ${threads.join(' ')}`;
    const known = byName.get(name);
    if (known !== undefined) return known;
    const state = states.length;
    states.push({ threads, before: seen });
    byName.set(name, state);
    if (table.length < states.length * width) {
      const larger = new Int32Array(table.length * 2).fill(UNBUILT);
      larger.set(table);
      table = larger;
    }
    return state;
  }

  const starts = [BEFORE.other, BEFORE.word].map((before) => stateOf([0], before));
  const atBeginning = stateOf([0], BEFORE.nothing);

  /** Threads at the instructions that read or match, in order of preference, given what stands around the place. */
  function expand(threads: readonly number[], holds: (assertion: Assertion) => boolean): readonly number[] {
    const ready: number[] = [];
    const seen = new Set<number>();
    const pending = threads.toReversed();
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const instruction = program[at];
      if (instruction?.kind === 'fork') pending.push(instruction.second, instruction.first);
      else if (instruction?.kind === 'assert') {
        if (holds(instruction.assertion)) pending.push(at + 1);
      } else ready.push(at);
    }
    return ready;
  }

  function build(state: number, kind: number): number {
    const { threads, before } = states[state] ?? { threads: [], before: BEFORE.other };
    const byte = samples[kind];
    const word = byte !== undefined && isWord(byte);
    const holds = (assertion: Assertion): boolean => {
      if (assertion === 'begin') return before === BEFORE.nothing;
      if (assertion === 'end') return kind === end;
      return (assertion === 'boundary') === (word !== (before === BEFORE.word));
    };
    const next = new Set<number>();
    let matched = 0;
    for (const at of expand(threads, holds)) {
      const instruction = program[at];
      if (instruction?.kind === 'match') {
        // What is less preferred than a match does not matter any more.
        matched = 1;
        break;
      }
      if (instruction?.kind !== 'read') continue;
      if (kind === foldedBeyond && instruction.beyond !== 'none') return UNKNOWN;
      if (kind === beyond && instruction.beyond === 'any') return UNKNOWN;
      if (byte !== undefined && instruction.bytes[byte] === 1) next.add(at + 1);
    }
    if (states.length >= MAX_STATES) return UNKNOWN;
    return 2 * stateOf([...next], word ? BEFORE.word : BEFORE.other) + matched;
  }

  function step(state: number, kind: number): number {
    const known = table[state * width + kind] ?? UNBUILT;
    if (known !== UNBUILT) return known;
    const built = build(state, kind);
    table[state * width + kind] = built;
    return built;
  }

  const startAfter = (bytes: Buffer, at: number): number =>
    starts[isWord(bytes[at - 1] ?? 0) ? BEFORE.word : BEFORE.other] ?? DEAD;

  let looked = 0;
  return {
    looked: () => looked,
    endAt(bytes, at, limit = bytes.length) {
      const { length } = bytes;
      const stop = Math.min(length, limit);
      let state = at === 0 ? atBeginning : startAfter(bytes, at);
      let last = -1;
      for (let place = at; place < stop; place += 1) {
        const kind = kinds[bytes[place] ?? 0] ?? 0;
        let next = table[state * width + kind] ?? UNBUILT;
        if (next < 0) {
          next = step(state, kind);
          if (next < 0) return UNKNOWN;
        }
        if ((next & 1) === 1) last = place;
        state = next >> 1;
        if (state === DEAD) {
          looked = place - at;
          return last;
        }
      }
      looked = stop - at;
      if (stop < length) return UNKNOWN;
      const next = step(state, end);
      return next < 0 ? UNKNOWN : (next & 1) === 1 ? length : last;
    },
    mayMatchAt(bytes, at, start, textEnd) {
      const stop = Math.min(textEnd, at + FEW_BYTES);
      let state = at === start ? atBeginning : startAfter(bytes, at);
      for (let place = at; place < stop; place += 1) {
        const kind = kinds[bytes[place] ?? 0] ?? 0;
        let next = table[state * width + kind] ?? UNBUILT;
        if (next < 0) next = step(state, kind);
        // It matches, or only RE2 can say.
        if (next < 0 || (next & 1) === 1) return true;
        state = next >> 1;
        if (state === DEAD) return false;
      }
      return true;
    },
  };
}

/** Bytes that no instruction tells apart are of one kind; a sample of each kind. */
function kindsOf(
  program: readonly Instruction[],
  asksForWords: boolean,
): { readonly kinds: Uint8Array; readonly samples: readonly number[] } {
  const sets = new Set(program.flatMap((one) => (one.kind === 'read' ? [one.bytes] : [])));
  const known = new Map<string, number>();
  const samples: number[] = [];
  const kinds = new Uint8Array(256);
  for (let byte = 0; byte < 128; byte += 1) {
    const name = Array.from(sets, (set) => set[byte] ?? 0).join('') + String(asksForWords && isWord(byte));
    let kind = known.get(name);
    if (kind === undefined) {
      kind = samples.length;
      known.set(name, kind);
      samples.push(byte);
    }
    kinds[byte] = kind;
  }
  kinds.fill(samples.length + 1, 128);
  for (const lead of FOLDED_LEADS) kinds[lead] = samples.length;
  return { kinds, samples };
}
