/** The layout of C2SP tlog-tiles: a tree in tiles of 256 hashes, and its entries in bundles of 256. */
import {
  completeRoot,
  foldSubtrees,
  HASH_BYTES,
  nodesOf,
  type Hash,
  type LeafRange,
  type TreeNode,
} from './merkle.ts';
import { err, ok, type Result } from '../result.ts';

/** Hashes in a full tile, entries in a full bundle. */
export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;

/** Bytes of an entry: its length stands in 16 bits before it. */
const MAX_ENTRY_BYTES = 65_535;

export const CHECKPOINT_PATH = 'checkpoint';

/** The `index`-th tile of its level; a partial one has fewer hashes than {@link TILE_WIDTH}. */
export interface TileRef {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** Where the checkpoint of one size is kept for good; beside what tlog-tiles asks for. 16 digits, so that names sort by size. */
export const checkpointPath = (size: number): string => `checkpoints/${String(size).padStart(16, '0')}`;

/** `tile/0/x001/234.p/17`. */
export const tilePath = ({ level, index, width }: TileRef): string =>
  `tile/${level}/${numberPath(index, width)}`;

/** `tile/entries/x001/234.p/17`: the bundle of the `index`-th tile of level 0. */
export const bundlePath = (index: number, width: number): string =>
  `tile/entries/${numberPath(index, width)}`;

function numberPath(index: number, width: number): string {
  const groups: string[] = [];
  for (let rest = index; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000))
    groups.unshift((groups.length > 0 ? 'x' : '') + String(rest % 1000).padStart(3, '0'));
  return groups.join('/') + (width < TILE_WIDTH ? `.p/${width}` : '');
}

/** What an object of the log is by its path; undefined where it is nothing of the log's. */
export type LogObject =
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'kept'; readonly size: number }
  | ({ readonly kind: 'tile' } & TileRef)
  | { readonly kind: 'bundle'; readonly index: number; readonly width: number };

const TILE_PATH = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

export function parsePath(path: string): LogObject | undefined {
  if (path === CHECKPOINT_PATH) return { kind: 'checkpoint' };
  const kept = /^checkpoints\/([0-9]{16})$/.exec(path)?.[1];
  if (kept !== undefined) return { kind: 'kept', size: Number(kept) };
  const [, level = '', groups = '', partial] = TILE_PATH.exec(path) ?? [];
  const index = Number(groups.replaceAll(/[x/]/g, '') || Number.NaN);
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  const found: LogObject =
    level === 'entries'
      ? { kind: 'bundle', index, width }
      : { kind: 'tile', level: Number(level), index, width };
  // Written in any other way than the one, it is another object.
  return pathOf(found) === path ? found : undefined;
}

function pathOf(object: LogObject): string {
  switch (object.kind) {
    case 'checkpoint':
      return CHECKPOINT_PATH;
    case 'kept':
      return checkpointPath(object.size);
    case 'tile':
      return tilePath(object);
    case 'bundle':
      return bundlePath(object.index, object.width);
  }
}

/** How many hashes level `level` of a tree of `size` leaves has. */
const hashesOf = (size: number, level: number): number => Math.floor(size / TILE_WIDTH ** level);

/** Every tile of a tree: those of level 0 first, by index, then those of level 1, and so on. */
export function* tilesOf(size: number): Generator<TileRef> {
  for (let level = 0; hashesOf(size, level) > 0; level += 1)
    for (let at = 0; at < hashesOf(size, level); at += TILE_WIDTH)
      yield { level, index: at / TILE_WIDTH, width: Math.min(TILE_WIDTH, hashesOf(size, level) - at) };
}

/** A tile as it is in a tree of `size` leaves. */
export const tileIn = (size: number, level: number, index: number): TileRef => ({
  level,
  index,
  width: Math.min(TILE_WIDTH, hashesOf(size, level) - index * TILE_WIDTH),
});

/** The partial tiles of a tree: at most one of each level. */
export function partialTilesOf(size: number): readonly TileRef[] {
  const partial: TileRef[] = [];
  for (let level = 0; hashesOf(size, level) > 0; level += 1) {
    const width = hashesOf(size, level) % TILE_WIDTH;
    if (width > 0) partial.push({ level, index: Math.floor(hashesOf(size, level) / TILE_WIDTH), width });
  }
  return partial;
}

/** The tile that a complete subtree's hash can be had from, and which of its hashes: `[from, to)`. */
function tileOf(node: TreeNode, size: number): TileRef & { readonly from: number; readonly to: number } {
  const level = Math.floor(node.level / TILE_HEIGHT);
  const span = 2 ** (node.level % TILE_HEIGHT);
  const first = node.index * span;
  const index = Math.floor(first / TILE_WIDTH);
  const from = first % TILE_WIDTH;
  return { ...tileIn(size, level, index), from, to: from + span };
}

/**
 * The hash over a range of a proof, from tiles.
 * @param size of the tree whose tiles are read
 */
export async function hashOfRange(
  range: LeafRange,
  size: number,
  readTile: (tile: TileRef) => Promise<readonly Hash[]>,
): Promise<Hash> {
  const subtrees: Hash[] = [];
  for (const node of nodesOf(range)) {
    const { from, to, ...tile } = tileOf(node, size);
    subtrees.push(completeRoot((await readTile(tile)).slice(from, to)));
  }
  return foldSubtrees(subtrees);
}

/** The bytes of a tile: its hashes, one after the other. */
export const encodeTile = (hashes: readonly Hash[]): Uint8Array => Buffer.concat(hashes);

/** The hashes of a tile. @returns why it is none */
export function decodeTile(bytes: Uint8Array, width: number): Result<readonly Hash[], string> {
  if (bytes.length !== width * HASH_BYTES)
    return err(`has ${bytes.length} bytes instead of ${width * HASH_BYTES}`);
  return ok(Array.from({ length: width }, (_, at) => bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES)));
}

/**
 * The bytes of a bundle: each entry behind its length as a big-endian uint16.
 * @throws Error where an entry is longer than {@link MAX_ENTRY_BYTES}: what is that long must not get here
 */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > MAX_ENTRY_BYTES)
        throw new Error(`An entry of ${entry.length} bytes does not fit a bundle.`);
      const length = Buffer.allocUnsafe(2);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** The entries of a bundle. @returns why it is none; of a number of entries that is not known, every one */
export function decodeBundle(bytes: Uint8Array, count?: number): Result<readonly Uint8Array[], string> {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: Uint8Array[] = [];
  for (let at = 0; at < view.length;) {
    if (at + 2 > view.length) return err('ends within the length of an entry');
    const end = at + 2 + view.readUInt16BE(at);
    if (end > view.length) return err('ends within an entry');
    entries.push(view.subarray(at + 2, end));
    at = end;
  }
  return count === undefined || entries.length === count
    ? ok(entries)
    : err(`has ${entries.length} entries instead of ${count}`);
}

/**
 * A growing tree, of which only the right edge is in memory: the hashes of the partial tile of each level. From it follow
 * every tile as soon as it is full, the partial ones, and the root.
 */
export class TreeEdge {
  readonly #levels: Hash[][];
  #size: number;

  /** @param partial hashes of each of {@link partialTilesOf}`(size)`, by its level */
  constructor(size = 0, partial: ReadonlyMap<number, readonly Hash[]> = new Map()) {
    this.#size = size;
    this.#levels = [];
    for (let level = 0; hashesOf(size, level) > 0; level += 1)
      this.#levels.push([...(partial.get(level) ?? [])]);
  }

  get size(): number {
    return this.#size;
  }

  /** @param full is told of every tile that is full by this leaf, from level 0 up */
  append(leaf: Hash, full: (tile: TileRef, hashes: readonly Hash[]) => void): void {
    this.#size += 1;
    let hash = leaf;
    for (let level = 0; ; level += 1) {
      const row = (this.#levels[level] ??= []);
      row.push(hash);
      if (row.length < TILE_WIDTH) return;
      full({ level, index: hashesOf(this.#size, level) / TILE_WIDTH - 1, width: TILE_WIDTH }, row);
      hash = completeRoot(row);
      this.#levels[level] = [];
    }
  }

  /** The partial tiles as they are now. */
  partial(): readonly (readonly [tile: TileRef, hashes: readonly Hash[]])[] {
    return partialTilesOf(this.#size).map((tile) => [tile, [...(this.#levels[tile.level] ?? [])]]);
  }

  root(): Hash {
    const subtrees = this.#levels
      .toReversed()
      .flatMap((row) =>
        nodesOf({ start: 0, end: row.length }).map(({ level, index }) =>
          completeRoot(row.slice(index * 2 ** level, (index + 1) * 2 ** level)),
        ),
      );
    return foldSubtrees(subtrees);
  }
}
