/** How the log grows by a batch: which entries the events become, and which objects say so. Pure: it can be repeated. */
import type { AuditEvent } from '../../contracts/audit.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import type { TreeHead } from '../../kernel/tlog/checkpoint.ts';
import { GENESIS, writeEntry, type ChainHead } from './entry.ts';
import { EMPTY_ROOT, leafHash, sameHash, type Hash } from '../../kernel/tlog/merkle.ts';
import {
  bundlePath,
  decodeBundle,
  decodeTile,
  encodeBundle,
  encodeTile,
  partialTilesOf,
  tilePath,
  TILE_WIDTH,
  TreeEdge,
} from '../../kernel/tlog/tiles.ts';

/** Where the log has come to: its tree, and its chain. */
export interface LogHead extends TreeHead {
  /** `hash` of the last entry. */
  readonly lastHash: string;
}

export const EMPTY_LOG: LogHead = { size: 0, root: EMPTY_ROOT, lastHash: GENESIS };

/** All of the log that the next batch is written onto. */
export interface LogEdge {
  readonly size: number;
  /** Hashes of the partial tile of each level. */
  readonly tiles: ReadonlyMap<number, readonly Hash[]>;
  /** Entries of the partial bundle. */
  readonly entries: readonly Uint8Array[];
}

/** An object of the log with its content. */
export interface LogFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Paths of the objects that {@link readEdge} needs: the partial tiles, level by level, then the partial bundle. */
export function edgePaths(size: number): readonly string[] {
  const partial = partialTilesOf(size);
  const width = size % TILE_WIDTH;
  return [...partial.map(tilePath), ...(width > 0 ? [bundlePath(Math.floor(size / TILE_WIDTH), width)] : [])];
}

/**
 * The edge of the log from its partial objects, if these are the ones that its head speaks of.
 * @param objects what lies at each of {@link edgePaths}
 * @returns why they are not
 */
export function readEdge(
  head: LogHead,
  objects: readonly (Uint8Array | undefined)[],
): Result<LogEdge, string> {
  const tiles = new Map<number, readonly Hash[]>();
  const paths = edgePaths(head.size);
  for (const [at, tile] of partialTilesOf(head.size).entries()) {
    const hashes = decodeTile(objects[at] ?? Buffer.alloc(0), tile.width);
    if (!hashes.ok) return err(`${tilePath(tile)} ${hashes.error}`);
    tiles.set(tile.level, hashes.value);
  }
  const width = head.size % TILE_WIDTH;
  const entries = decodeBundle((width > 0 ? objects[paths.length - 1] : undefined) ?? Buffer.alloc(0), width);
  if (!entries.ok) return err(`${paths.at(-1) ?? 'the bundle'} ${entries.error}`);
  const bottom = tiles.get(0) ?? [];
  if (entries.value.some((entry, at) => !sameHash(leafHash(entry), bottom[at] ?? EMPTY_ROOT)))
    return err(`${paths.at(-1) ?? 'the bundle'} is not what its tile says`);
  const root = new TreeEdge(head.size, tiles).root();
  return sameHash(root, head.root)
    ? ok({ size: head.size, tiles, entries: entries.value })
    : err(`the tiles at size ${head.size} have another root than the head`);
}

/** What a batch of events becomes. @param loggedAtMs epoch milliseconds, the same for all of them */
export function entriesOf(
  events: readonly AuditEvent[],
  head: LogHead,
  loggedAtMs: number,
): { readonly entries: readonly Uint8Array[]; readonly lastHash: string } {
  const entries: Uint8Array[] = [];
  let chain: ChainHead = { size: head.size, hash: head.lastHash };
  for (const event of events) {
    const written = writeEntry(event, chain, loggedAtMs);
    entries.push(written.bytes);
    chain = written.head;
  }
  return { entries, lastHash: chain.hash };
}

/** The log with these entries behind its edge: its new objects, its new root, its new edge. */
export function growLog(
  edge: LogEdge,
  entries: readonly Uint8Array[],
): { readonly files: readonly LogFile[]; readonly root: Hash; readonly edge: LogEdge } {
  const tree = new TreeEdge(edge.size, edge.tiles);
  const files: LogFile[] = [];
  for (const entry of entries)
    tree.append(leafHash(entry), (tile, hashes) =>
      files.push({ path: tilePath(tile), bytes: encodeTile(hashes) }),
    );
  const before = new Set(edgePaths(edge.size));
  const tiles = new Map<number, readonly Hash[]>();
  for (const [tile, hashes] of tree.partial()) {
    tiles.set(tile.level, hashes);
    const path = tilePath(tile);
    // A partial tile of a higher level often stays as it was.
    if (!before.has(path)) files.push({ path, bytes: encodeTile(hashes) });
  }
  const all = [...edge.entries, ...entries];
  const firstBundle = Math.floor(edge.size / TILE_WIDTH);
  for (let at = 0; at < all.length; at += TILE_WIDTH) {
    const some = all.slice(at, at + TILE_WIDTH);
    const path = bundlePath(firstBundle + at / TILE_WIDTH, some.length);
    if (!before.has(path)) files.push({ path, bytes: encodeBundle(some) });
  }
  const rest = all.length % TILE_WIDTH;
  return {
    files,
    root: tree.root(),
    edge: { size: tree.size, tiles, entries: rest === 0 ? [] : all.slice(-rest) },
  };
}

export const EMPTY_EDGE: LogEdge = { size: 0, tiles: new Map(), entries: [] };
