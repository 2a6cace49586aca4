/**
 * Merkle trees of RFC 6962, section 2.1 (the same as RFC 9162): SHA-256, a leaf is hashed behind 0x00, an inner node
 * behind 0x01, so that neither can pass for the other.
 */
import { hash as digest } from 'node:crypto';

/** 32 bytes. */
export type Hash = Uint8Array;

export const HASH_BYTES = 32;

/** Root of the tree that has no leaf: the hash of nothing. */
export const EMPTY_ROOT: Hash = digest('sha256', '', 'buffer');

export function leafHash(data: Uint8Array): Hash {
  const prefixed = Buffer.allocUnsafe(data.length + 1);
  prefixed[0] = 0;
  prefixed.set(data, 1);
  return digest('sha256', prefixed, 'buffer');
}

function nodeHash(left: Hash, right: Hash): Hash {
  const prefixed = Buffer.allocUnsafe(1 + 2 * HASH_BYTES);
  prefixed[0] = 1;
  prefixed.set(left, 1);
  prefixed.set(right, 1 + HASH_BYTES);
  return digest('sha256', prefixed, 'buffer');
}

export const sameHash = (a: Hash, b: Hash): boolean => Buffer.compare(a, b) === 0;

/**
 * Root over subtrees that follow each other, each as large as the ones before it or smaller, as the binary digits of a
 * tree's size give them.
 */
export function foldSubtrees(subtrees: readonly Hash[]): Hash {
  return (
    subtrees.reduceRight<Hash | undefined>(
      (right, left) => (right === undefined ? left : nodeHash(left, right)),
      undefined,
    ) ?? EMPTY_ROOT
  );
}

/** Root of a complete subtree from its bottom row. @param row a power of two of hashes, at least one */
export function completeRoot(row: readonly Hash[]): Hash {
  let above = row;
  while (above.length > 1) {
    const next: Hash[] = [];
    for (let at = 0; at + 1 < above.length; at += 2)
      next.push(nodeHash(above[at] ?? EMPTY_ROOT, above[at + 1] ?? EMPTY_ROOT));
    above = next;
  }
  return above[0] ?? EMPTY_ROOT;
}

/** Leaves `[start, end)`. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** A complete subtree: `2 ** level` leaves from `index * 2 ** level` on. */
export interface TreeNode {
  readonly level: number;
  readonly index: number;
}

/** The largest power of two that is smaller than `count`; `count` at least 2. */
function split(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

/**
 * What each hash of an inclusion proof covers, from the leaf's sibling up (PATH of RFC 6962, section 2.1.1).
 * @param index of the leaf, less than `size`
 */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  const ranges: LeafRange[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + split(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.reverse();
}

/**
 * What each hash of a consistency proof covers (PROOF of RFC 6962, section 2.1.2).
 * @param older size of the smaller tree, from 0 to `size`; nothing has to be proved from 0 or to the same size
 */
export function consistencyRanges(older: number, size: number): readonly LeafRange[] {
  if (older === 0 || older === size) return [];
  const ranges: LeafRange[] = [];
  let [start, end] = [0, size];
  // The subtree that ends where the smaller tree ended: known to whoever knows the root, if it is the whole tree.
  while (older !== end) {
    const middle = start + split(end - start);
    if (older <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  if (start !== 0) ranges.push({ start, end });
  return ranges.reverse();
}

/** The complete subtrees that a range of {@link inclusionRanges} or {@link consistencyRanges} consists of, left to right. */
export function nodesOf({ start, end }: LeafRange): readonly TreeNode[] {
  const nodes: TreeNode[] = [];
  for (let at = start; at < end;) {
    let level = 0;
    while (2 ** (level + 1) <= end - at) level += 1;
    nodes.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return nodes;
}

/** The root that an inclusion proof leads to (RFC 9162, section 2.1.3.2); undefined where the proof has the wrong length. */
function rootFromInclusion(
  leaf: Hash,
  index: number,
  size: number,
  proof: readonly Hash[],
): Hash | undefined {
  if (index < 0 || index >= size) return undefined;
  let [fn, sn, root] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (sn === 0) return undefined;
    if (fn % 2 === 1 || fn === sn) {
      root = nodeHash(sibling, root);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else root = nodeHash(root, sibling);
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 ? root : undefined;
}

const half = (value: number): number => Math.floor(value / 2);

/** Whether the leaf stands at `index` of the tree with this root. */
export function verifyInclusion(
  leaf: Hash,
  index: number,
  tree: { readonly size: number; readonly root: Hash },
  proof: readonly Hash[],
): boolean {
  const root = rootFromInclusion(leaf, index, tree.size, proof);
  return root !== undefined && sameHash(root, tree.root);
}

/** Whether the larger tree begins with all of the smaller one (RFC 9162, section 2.1.4.2). */
export function verifyConsistency(
  older: { readonly size: number; readonly root: Hash },
  newer: { readonly size: number; readonly root: Hash },
  proof: readonly Hash[],
): boolean {
  if (older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && sameHash(older.root, newer.root);
  if (older.size === 0) return proof.length === 0 && sameHash(older.root, EMPTY_ROOT);
  const complete = Number.isInteger(Math.log2(older.size));
  const [first, ...rest] = complete ? [older.root, ...proof] : proof;
  if (first === undefined) return false;
  let [fn, sn] = [older.size - 1, newer.size - 1];
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  let [olderRoot, newerRoot] = [first, first];
  for (const sibling of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      olderRoot = nodeHash(sibling, olderRoot);
      newerRoot = nodeHash(sibling, newerRoot);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else newerRoot = nodeHash(newerRoot, sibling);
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && sameHash(olderRoot, older.root) && sameHash(newerRoot, newer.root);
}
