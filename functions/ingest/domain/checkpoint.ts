/** How far a log has been shipped, and from where to go on when it is met again. Pure. */

/** The first `length` entries of a log. Equal hash, equal entries. */
export interface Beginning {
  readonly length: number;
  /** Hex hash of the log's Merkle tree over `[0, length)`. */
  readonly treeHash: string;
}

/** The beginning of the log, as it stood at `fork`, that the queue has accepted. */
export interface Checkpoint extends Beginning {
  readonly fork: number;
  /** Shorter beginnings, longest first: where a log that was rewritten may still be what it was. */
  readonly ancestors: readonly Beginning[];
}

/** What a peer has proved of a log. */
export interface Head {
  readonly fork: number;
  readonly length: number;
}

/**
 * The checkpoint after more entries were accepted. Of the beginnings known before it keeps few: one for every fourfold
 * distance, so that a cut of n entries costs a small multiple of n to be shipped again, and a log of any length fits.
 * @param known longest first, none longer than `now`
 */
export function checkpointAfter(
  known: readonly Beginning[],
  now: Beginning & { readonly fork: number },
): Checkpoint {
  const oldestByDistance = new Map<number, Beginning>();
  for (const beginning of known) {
    const distance = now.length - beginning.length;
    if (distance > 0) oldestByDistance.set(Math.floor(Math.log2(distance) / 2), beginning);
  }
  const ancestors = [...oldestByDistance.values()].sort((a, b) => b.length - a.length);
  return { ...now, ancestors };
}

/** The beginnings that a checkpoint remembers, longest first, up to a length: those that a log so long may still have. */
export function beginningsWithin(checkpoint: Checkpoint | undefined, length: number): readonly Beginning[] {
  if (checkpoint === undefined) return [];
  return [checkpoint, ...checkpoint.ancestors].filter((beginning) => beginning.length <= length);
}

/**
 * Where to go on:
 * - `first`: never shipped, from the start of the log;
 * - `unchanged`: what was shipped is still the log's beginning;
 * - `truncated` (the fork is newer), `diverged` (it is not): the log was rewritten, so again from the newest beginning
 *   that is known to be the same, under the fork that it has now;
 * - `behind`: the peer shows less than was shipped, and nothing of it differs, so it may be a lagging copy: nothing to
 *   ship yet. A source that is the log itself is never behind: what it does not show is no more.
 */
export type Resume =
  | { readonly why: 'first' | 'unchanged' | 'truncated' | 'diverged'; readonly from: number }
  | { readonly why: 'behind' };

/**
 * Decides where to go on, so that no entry is passed over. The reader finds nothing twice in what comes twice.
 * @param mayLag whether the peer may be a copy that has not seen everything
 * @param common the longest of {@link beginningsWithin} the head that the peer's log still has; absent when none
 */
export function decideResume(
  checkpoint: Checkpoint | undefined,
  head: Head,
  common: Beginning | undefined,
  mayLag = true,
): Resume {
  if (checkpoint === undefined) return { why: 'first', from: 0 };
  if (common?.length === checkpoint.length) return { why: 'unchanged', from: checkpoint.length };
  const newestShown = beginningsWithin(checkpoint, head.length)[0];
  const isShorter = head.length < checkpoint.length;
  if (mayLag && isShorter && head.fork <= checkpoint.fork && newestShown?.length === common?.length)
    return { why: 'behind' };
  return { why: head.fork > checkpoint.fork ? 'truncated' : 'diverged', from: common?.length ?? 0 };
}
