/** A seeded source of randomness for generated fleets: the same seed gives the same logs, whatever the machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, below). */
  int(below: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
  /** `length` characters of `alphabet`. */
  text(alphabet: string, length: number): string;
  bytes(length: number): Buffer;
}

export const ALPHABETS = {
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  letters: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  alphanumeric: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  lowerAlphanumeric: '0123456789abcdefghijklmnopqrstuvwxyz',
  hex: '0123456789abcdef',
  base32: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
  base64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  base64url: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
} as const;

/** SplitMix32: small and well enough mixed for test data; not for secrets that must hold. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const uint32 = (): number => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0_aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a_2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const next = (): number => uint32() / 2 ** 32;
  const int = (below: number): number => Math.floor(next() * below);
  return {
    next,
    int,
    pick: (from) => from[int(from.length)] ?? from[0],
    text: (alphabet, length) => Array.from({ length }, () => alphabet.charAt(int(alphabet.length))).join(''),
    bytes: (length) => Buffer.from(Array.from({ length }, () => int(256))),
  };
}
