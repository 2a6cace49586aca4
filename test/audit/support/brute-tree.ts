import { createHash } from 'node:crypto';

const sha256 = (...parts: Uint8Array[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

/** The tree of RFC 6962, section 2.1, word for word: slow, recursive, and nothing of the code under test. */
export function bruteRoot(leaves: readonly Uint8Array[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return sha256(Buffer.of(0), only);
  const k = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return sha256(Buffer.of(1), bruteRoot(leaves.slice(0, k)), bruteRoot(leaves.slice(k)));
}

/** PATH(m, D[n]). */
export function brutePath(m: number, leaves: readonly Uint8Array[]): Buffer[] {
  if (leaves.length === 1) return [];
  const k = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return m < k
    ? [...brutePath(m, leaves.slice(0, k)), bruteRoot(leaves.slice(k))]
    : [...brutePath(m - k, leaves.slice(k)), bruteRoot(leaves.slice(0, k))];
}

/** PROOF(m, D[n]) by SUBPROOF(m, D[n], b). */
export function bruteProof(m: number, leaves: readonly Uint8Array[], known = true): Buffer[] {
  if (m === leaves.length) return known ? [] : [bruteRoot(leaves)];
  const k = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return m <= k
    ? [...bruteProof(m, leaves.slice(0, k), known), bruteRoot(leaves.slice(k))]
    : [...bruteProof(m - k, leaves.slice(k), false), bruteRoot(leaves.slice(0, k))];
}
