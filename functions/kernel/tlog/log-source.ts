/** Ports to where the log lies. */

/** A log to read: a bucket, or a copy of one. */
export interface LogSource {
  /** @returns undefined only where there is no such object @throws where it cannot be told */
  read(path: string): Promise<Uint8Array | undefined>;
  /** The path of every object, in any order. */
  list(): AsyncIterable<string>;
}

/** Checkpoints that are kept for good, by size. */
export interface KeptCheckpoints {
  /** The size of the smallest one of at least `size` entries; undefined where the log has not come so far. */
  keptFrom(size: number): Promise<number | undefined>;
}
