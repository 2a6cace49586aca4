import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  consistencyRanges,
  EMPTY_ROOT,
  inclusionRanges,
  leafHash,
  verifyConsistency,
  verifyInclusion,
  type Hash,
} from '../../../functions/kernel/tlog/merkle.ts';
import { hashOfRange, TILE_WIDTH, TreeEdge, type TileRef } from '../../../functions/kernel/tlog/tiles.ts';
import { brutePath, bruteProof, bruteRoot } from '../../audit/support/brute-tree.ts';

/** The leaves that Certificate Transparency's own tests use, and the roots over the first n of them. */
const CT_LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const CT_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** A tree over `leaf 0`, `leaf 1`, …, all of whose tiles are kept. */
function treeOf(size: number) {
  const leaves = Array.from({ length: size }, (_, at) => Buffer.from(`leaf ${at}`));
  const edge = new TreeEdge();
  const tiles = new Map<string, readonly Hash[]>();
  const key = ({ level, index }: TileRef) => `${level}/${index}`;
  for (const leaf of leaves) edge.append(leafHash(leaf), (tile, hashes) => tiles.set(key(tile), hashes));
  for (const [tile, hashes] of edge.partial()) tiles.set(key(tile), hashes);
  const readTile = async (tile: TileRef) => {
    const hashes = tiles.get(key(tile)) ?? [];
    expect(hashes).toHaveLength(tile.width);
    return hashes;
  };
  const prove = (ranges: readonly { start: number; end: number }[]) =>
    Promise.all(ranges.map((range) => hashOfRange(range, size, readTile)));
  return { leaves, root: edge.root(), prove };
}

const hex = (hashes: readonly Hash[]) => hashes.map((hash) => Buffer.from(hash).toString('hex'));

describe('hashes as RFC 6962 does', () => {
  test.each(CT_ROOTS.map((root, size) => [size, root] as const))(
    'has the root of Certificate Transparency over %i leaves',
    (size, root) => {
      const edge = new TreeEdge();
      for (const leaf of CT_LEAVES.slice(0, size))
        edge.append(leafHash(Buffer.from(leaf, 'hex')), () => undefined);
      expect(Buffer.from(edge.root()).toString('hex')).toBe(root);
    },
  );

  test('has the root of nothing over no leaf', () => {
    expect(new TreeEdge().root()).toEqual(EMPTY_ROOT);
  });

  test('agrees with the definition, word for word, at every size up to 600', () => {
    const edge = new TreeEdge();
    const leaves: Buffer[] = [];
    for (let size = 1; size <= 600; size += 1) {
      leaves.push(Buffer.from(`leaf ${size - 1}`));
      edge.append(leafHash(leaves.at(-1) ?? Buffer.alloc(0)), () => undefined);
      if (size < 40 || size % 61 === 0 || size % TILE_WIDTH < 2)
        expect(Buffer.from(edge.root()).toString('hex')).toBe(bruteRoot(leaves).toString('hex'));
    }
  });
});

describe('proves from tiles', () => {
  test('agrees with the definition for every leaf and every older size of small trees', async () => {
    for (let size = 1; size <= 33; size += 1) {
      const tree = treeOf(size);
      for (let at = 0; at < size; at += 1)
        expect(hex(await tree.prove(inclusionRanges(at, size)))).toEqual(hex(brutePath(at, tree.leaves)));
      for (let older = 1; older <= size; older += 1)
        expect(hex(await tree.prove(consistencyRanges(older, size)))).toEqual(
          hex(bruteProof(older, tree.leaves)),
        );
    }
  });

  test.each([255, 256, 257, 511, 513, 1000])(
    'agrees with the definition across tiles, %i leaves',
    async (size) => {
      const tree = treeOf(size);
      for (const at of [0, 1, 254, 255, 256, size - 1].filter((index) => index < size))
        expect(hex(await tree.prove(inclusionRanges(at, size)))).toEqual(hex(brutePath(at, tree.leaves)));
      for (const older of [1, 2, 255, 256, 257, size - 1, size].filter((each) => each <= size))
        expect(hex(await tree.prove(consistencyRanges(older, size)))).toEqual(
          hex(bruteProof(older, tree.leaves)),
        );
    },
  );

  test('proofs of a tree of three levels of tiles hold', async () => {
    const size = TILE_WIDTH ** 2 + 300;
    const tree = treeOf(size);
    const head = { size, root: tree.root };
    for (const at of [0, 255, 65_535, 65_536, size - 1]) {
      const proof = await tree.prove(inclusionRanges(at, size));
      expect(verifyInclusion(leafHash(Buffer.from(`leaf ${at}`)), at, head, proof)).toBe(true);
    }
    const older = treeOf(65_537);
    expect(
      verifyConsistency(
        { size: 65_537, root: older.root },
        head,
        await tree.prove(consistencyRanges(65_537, size)),
      ),
    ).toBe(true);
  });
});

describe('verifies proofs', () => {
  const sizes = fc.integer({ min: 1, max: 300 });

  test('accepts the proof of the definition, and none that a bit, a hash, an index or a root of was changed', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, indexSeed, changeSeed) => {
        const leaves = Array.from({ length: size }, (_, at) => Buffer.from(`leaf ${at}`));
        const index = indexSeed % size;
        const leaf = leafHash(leaves[index] ?? Buffer.alloc(0));
        const head = { size, root: bruteRoot(leaves) };
        const proof = brutePath(index, leaves);
        expect(verifyInclusion(leaf, index, head, proof)).toBe(true);
        const changed = proof.map((hash) => Buffer.from(hash));
        const victim = changed[changeSeed % Math.max(1, changed.length)];
        if (victim) {
          victim[changeSeed % 32] = (victim[changeSeed % 32] ?? 0) ^ (1 << (changeSeed % 8));
          expect(verifyInclusion(leaf, index, head, changed)).toBe(false);
          expect(verifyInclusion(leaf, index, head, proof.slice(1))).toBe(false);
        }
        expect(verifyInclusion(leaf, index, head, [...proof, leaf])).toBe(false);
        expect(verifyInclusion(leaf, size, head, proof)).toBe(false);
        if (size > 1) expect(verifyInclusion(leaf, (index + 1) % size, head, proof)).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  test('accepts that a tree grew, and not that it was rewritten', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, olderSeed, changeSeed) => {
        const leaves = Array.from({ length: size }, (_, at) => Buffer.from(`leaf ${at}`));
        const older = olderSeed % (size + 1);
        const head = { size, root: bruteRoot(leaves) };
        const before = { size: older, root: bruteRoot(leaves.slice(0, older)) };
        const proof = older === 0 ? [] : bruteProof(older, leaves);
        expect(verifyConsistency(before, head, proof)).toBe(true);
        expect(verifyConsistency(before, head, [...proof, head.root])).toBe(false);
        if (older > 0) {
          const forked = leaves.slice(0, older);
          forked[changeSeed % older] = Buffer.from('another');
          expect(verifyConsistency({ size: older, root: bruteRoot(forked) }, head, proof)).toBe(false);
        }
        if (older < size) expect(verifyConsistency(head, before, proof)).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
});
