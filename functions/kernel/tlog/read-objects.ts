/** Tiles and bundles of a tree, from where they lie: a partial one may have been replaced by the full one. */
import { err, ok, type Result } from '../result.ts';
import type { LogSource } from './log-source.ts';
import { HASH_BYTES, type Hash } from './merkle.ts';
import { bundlePath, decodeBundle, decodeTile, tilePath, TILE_WIDTH, type TileRef } from './tiles.ts';

/** An object that is missing, or is not what it should be: its message names it. */
export class BrokenObject extends Error {}

/** @throws BrokenObject */
export async function readTile(read: LogSource['read'], tile: TileRef): Promise<readonly Hash[]> {
  const bytes = (await read(tilePath(tile))) ?? (await read(tilePath({ ...tile, width: TILE_WIDTH })));
  const hashes = decodeTile((bytes ?? Buffer.alloc(0)).subarray(0, tile.width * HASH_BYTES), tile.width);
  if (!hashes.ok) throw new BrokenObject(`${tilePath(tile)} ${hashes.error}`);
  return hashes.value;
}

/** The entries of the `index`-th bundle, as many of them as a tree of `size` has. @returns why they cannot be read */
export async function readBundle(
  read: LogSource['read'],
  index: number,
  size: number,
): Promise<Result<readonly Uint8Array[], string>> {
  const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
  const path = bundlePath(index, width);
  const bytes = (await read(path)) ?? (await read(bundlePath(index, TILE_WIDTH)));
  if (bytes === undefined) return err(`${path} is missing`);
  const entries = decodeBundle(bytes);
  if (!entries.ok) return err(`${path} ${entries.error}`);
  return entries.value.length < width
    ? err(`${path} has ${entries.value.length} entries instead of ${width}`)
    : ok(entries.value.slice(0, width));
}
