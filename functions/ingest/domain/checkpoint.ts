/** How far a log has been shipped, and from where to go on when it is met again. Pure. */

/** Entries `[0, length)` of the log, as it stood at `fork`, have been accepted by the queue. */
export interface Checkpoint {
  readonly fork: number;
  readonly length: number;
  /** Hex hash of the log's Merkle tree over `[0, length)`: equal hash, equal entries. */
  readonly treeHash: string;
}

/** What a peer has proved of a log. */
export interface Head {
  readonly fork: number;
  readonly length: number;
}

/**
 * Where to go on:
 * - `first`: never shipped, from the start of the log;
 * - `unchanged`: what was shipped is still the log's beginning;
 * - `truncated`, `diverged`: it is not, and nobody remembers where the two part: all of it again, under the new fork;
 * - `behind`: the peer shows less than was shipped and no newer fork, so it may be a lagging copy: nothing to ship yet.
 */
export type Resume =
  | { readonly why: 'first' | 'truncated' | 'diverged'; readonly from: 0 }
  | { readonly why: 'unchanged'; readonly from: number }
  | { readonly why: 'behind' };

/**
 * Decides where to go on, so that no entry is passed over: a log that was rewritten is shipped again, and the reader
 * tells entries apart by core, fork and position.
 * @param hashAt hash of the peer's tree at the checkpoint's length; absent where the peer's log is shorter
 */
export function decideResume(
  checkpoint: Checkpoint | undefined,
  head: Head,
  hashAt: string | undefined,
): Resume {
  if (checkpoint === undefined) return { why: 'first', from: 0 };
  if (checkpoint.length === 0) return { why: 'unchanged', from: 0 };
  if (head.length < checkpoint.length) {
    return head.fork > checkpoint.fork ? { why: 'truncated', from: 0 } : { why: 'behind' };
  }
  if (hashAt === checkpoint.treeHash) return { why: 'unchanged', from: checkpoint.length };
  return { why: head.fork > checkpoint.fork ? 'truncated' : 'diverged', from: 0 };
}
