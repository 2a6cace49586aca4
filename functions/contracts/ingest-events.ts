/** Published by ingest: a log or its peer did what no sound one does. */
import { z } from 'zod';
import { coreKey } from './ingest.ts';

export const INGEST_EVENT_SOURCE = 'shhh.ingest';
export const LOG_SUSPECT = 'LogSuspect';

const beginning = z.strictObject({
  fork: z.int().nonnegative(),
  length: z.int().nonnegative(),
  /** Hex of the log's tree over `[0, length)`; absent where it is not known. */
  treeHash: z.string().optional(),
});

/** Detail of `LogSuspect`. At least once for each run of the shipper while it lasts. */
export const logSuspect = z.strictObject({
  version: z.literal(1),
  core: coreKey,
  /** Where it was offered, `host:port`. */
  peer: z.string(),
  /**
   * - `bad-proof`: the peer sent blocks or proofs that the log's key did not sign;
   * - `conflict`: two signed versions of the log met, and hypercore closed it;
   * - `rewritten`: the log differs from what was shipped, without the newer fork of a truncation: a writer that was
   *   restored from a backup, or one that tells different readers different things.
   */
  suspicion: z.enum(['bad-proof', 'conflict', 'rewritten']),
  /** RFC 3339, UTC. */
  observedAt: z.iso.datetime(),
  /** What was shipped and what is shown now; two hashes of one length under one fork are the proof of a rewrite. */
  evidence: z.strictObject({ shipped: beginning.optional(), shown: beginning.optional() }),
});
export type LogSuspect = z.infer<typeof logSuspect>;
