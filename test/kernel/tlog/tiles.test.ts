import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leafHash, type Hash } from '../../../functions/kernel/tlog/merkle.ts';
import {
  bundlePath,
  decodeBundle,
  decodeTile,
  encodeBundle,
  encodeTile,
  partialTilesOf,
  tilePath,
  tilesOf,
  TreeEdge,
} from '../../../functions/kernel/tlog/tiles.ts';

describe('paths of tlog-tiles', () => {
  test('splits an index as the specification does', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 1, index: 5, width: 17 })).toBe('tile/1/005.p/17');
    expect(bundlePath(1_234_067, 8)).toBe('tile/entries/x001/x234/067.p/8');
    expect(bundlePath(1_000, 256)).toBe('tile/entries/x001/000');
  });

  test('a tree of 70,000 has the tiles that the specification counts', () => {
    const tiles = [...tilesOf(70_000)];
    const count = (level: number, width: number) =>
      tiles.filter((tile) => tile.level === level && tile.width === width).length;
    expect([count(0, 256), count(0, 112), count(1, 256), count(1, 17), count(2, 1)]).toEqual([
      273, 1, 1, 1, 1,
    ]);
    expect(tiles).toHaveLength(277);
    expect(partialTilesOf(70_000).map(({ width }) => width)).toEqual([112, 17, 1]);
  });

  test('a tree of 256 has one full tile, and a partial one of one hash above it', () => {
    expect([...tilesOf(256)].map(tilePath)).toEqual(['tile/0/000', 'tile/1/000.p/1']);
  });
});

describe('bundles', () => {
  test('are entries behind their length, big-endian', () => {
    expect(Buffer.from(encodeBundle([Buffer.from('ab'), Buffer.alloc(0)])).toString('hex')).toBe(
      '000261620000',
    );
  });

  test('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (entries) => {
        const read = decodeBundle(encodeBundle(entries), entries.length);
        expect(read.ok && read.value.map((entry) => [...entry])).toEqual(entries.map((entry) => [...entry]));
      }),
    );
  });

  test('are refused when they end too early or hold another number of entries', () => {
    const bytes = encodeBundle([Buffer.from('abc'), Buffer.from('d')]);
    expect(decodeBundle(bytes.subarray(0, -1)).ok).toBe(false);
    expect(decodeBundle(bytes.subarray(0, 6)).ok).toBe(false);
    expect(decodeBundle(bytes, 3)).toEqual({ ok: false, error: 'has 2 entries instead of 3' });
  });

  test('take no entry that 16 bits cannot count', () => {
    expect(() => encodeBundle([Buffer.alloc(65_536)])).toThrow('does not fit');
    expect(encodeBundle([Buffer.alloc(65_535)])).toHaveLength(65_537);
  });

  test('tiles come back as they were, and no others', () => {
    const hashes = [leafHash(Buffer.of(1)), leafHash(Buffer.of(2))];
    expect(decodeTile(encodeTile(hashes), 2)).toEqual({ ok: true, value: hashes });
    expect(decodeTile(encodeTile(hashes), 3).ok).toBe(false);
  });
});

describe('a tree that grows', () => {
  const grow = (edge: TreeEdge, from: number, to: number) => {
    const full: string[] = [];
    for (let at = from; at < to; at += 1)
      edge.append(leafHash(Buffer.from(String(at))), (tile) => full.push(tilePath(tile)));
    return full;
  };

  test('goes on from its partial tiles as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1500 }), fc.integer({ min: 0, max: 600 }), (stop, more) => {
        const whole = new TreeEdge();
        grow(whole, 0, stop);
        const kept = new Map<number, readonly Hash[]>(
          whole.partial().map(([{ level }, hashes]) => [level, hashes]),
        );
        const resumed = new TreeEdge(stop, kept);
        expect(resumed.root()).toEqual(whole.root());
        expect(grow(resumed, stop, stop + more)).toEqual(grow(whole, stop, stop + more));
        expect(resumed.root()).toEqual(whole.root());
        expect(resumed.partial()).toEqual(whole.partial());
      }),
      { numRuns: 30 },
    );
  });

  test('tells of each full tile once, and keeps the partial ones', () => {
    const edge = new TreeEdge();
    const full = grow(edge, 0, 70_000);
    expect([...full, ...edge.partial().map(([tile]) => tilePath(tile))].sort()).toEqual(
      [...tilesOf(70_000)].map(tilePath).sort(),
    );
  });
});
