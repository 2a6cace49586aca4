/** Proofs from tiles, each checked against the checkpoint before it is handed out: who reads a log does not believe it. */
import type { Checkpoint } from './checkpoint.ts';
import type { LogSource } from './log-source.ts';
import {
  consistencyRanges,
  inclusionRanges,
  leafHash,
  verifyConsistency,
  verifyInclusion,
  type Hash,
  type LeafRange,
} from './merkle.ts';
import { BrokenObject, readBundle, readTile } from './read-objects.ts';
import { hashOfRange, TILE_WIDTH } from './tiles.ts';
import { err, ok, type Result } from '../result.ts';

export interface ProvenEntry {
  readonly index: number;
  /** The entry's canonical JSON. */
  readonly bytes: Uint8Array;
  /** From the leaf's sibling up to the root's child. */
  readonly proof: readonly Hash[];
}

export interface Prover {
  /** @returns why there is no such entry, or why it cannot be proved */
  entry(index: number): Promise<Result<ProvenEntry, string>>;
  /** The proof that the log began with an older one. @param older its size, and its root where that is known */
  consistency(older: {
    readonly size: number;
    readonly root: Hash;
  }): Promise<Result<readonly Hash[], string>>;
}

/** Objects that are kept while many entries are proved one after the other: a bundle, and one tile of each level. */
const KEPT_OBJECTS = 64;

/** Proves entries of the log that the checkpoint speaks of. @param checkpoint one whose signatures were verified */
export function createProver(source: Pick<LogSource, 'read'>, checkpoint: Checkpoint): Prover {
  const kept = new Map<string, Promise<Uint8Array | undefined>>();

  function read(path: string): Promise<Uint8Array | undefined> {
    const known = kept.get(path);
    if (known !== undefined) return known;
    const [oldest] = kept.keys();
    if (kept.size >= KEPT_OBJECTS && oldest !== undefined) kept.delete(oldest);
    const reading = source.read(path);
    kept.set(path, reading);
    return reading;
  }

  async function prove(ranges: readonly LeafRange[]): Promise<Result<readonly Hash[], string>> {
    const hashOf = (range: LeafRange) => hashOfRange(range, checkpoint.size, (tile) => readTile(read, tile));
    try {
      return ok(await Promise.all(ranges.map(hashOf)));
    } catch (error) {
      if (error instanceof BrokenObject) return err(error.message);
      throw error;
    }
  }

  return {
    async entry(index) {
      if (index >= checkpoint.size) return err(`the log has ${checkpoint.size} entries, from 0 on`);
      const entries = await readBundle(read, Math.floor(index / TILE_WIDTH), checkpoint.size);
      if (!entries.ok) return entries;
      const bytes = entries.value[index % TILE_WIDTH];
      if (bytes === undefined) return err(`entry ${index} is missing`);
      const proof = await prove(inclusionRanges(index, checkpoint.size));
      if (!proof.ok) return proof;
      return verifyInclusion(leafHash(bytes), index, checkpoint, proof.value)
        ? ok({ index, bytes, proof: proof.value })
        : err(`entry ${index}, or a tile above it, is not what the checkpoint says`);
    },

    async consistency(older) {
      if (older.size > checkpoint.size)
        return err(`the log has ${checkpoint.size} entries, fewer than ${older.size}`);
      const proof = await prove(consistencyRanges(older.size, checkpoint.size));
      if (!proof.ok) return proof;
      return verifyConsistency(older, checkpoint, proof.value)
        ? proof
        : err(`the log does not begin with what it was at size ${older.size}: it has two histories`);
    },
  };
}
