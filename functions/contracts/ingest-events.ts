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

/** What was met on the wire. Never content, nor a plain hash of an entry: a short secret could be guessed from it. */
const misdeed = z.strictObject({
  /** What hypercore said of it, e.g. `INVALID_CHECKSUM`, `INVALID_SIGNATURE`. */
  code: z.string().max(64),
  fork: z.int().nonnegative().optional(),
  /** The position of the block that was sent, and its bytes. */
  seq: z.int().nonnegative().optional(),
  bytes: z.int().nonnegative().optional(),
  /** The length that the sent signature is for, and the signature in hex. */
  length: z.int().nonnegative().optional(),
  signature: z
    .string()
    .regex(/^[0-9a-f]{0,512}$/)
    .optional(),
  /** Discovery keys, in hex, of the logs that the peer offers instead; at most four. */
  offered: z
    .array(z.string().regex(/^[0-9a-f]{64}$/))
    .max(4)
    .optional(),
  /** The peer's own key in the network, in hex, where the driver knows one. */
  remoteKey: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

export const suspicionKind = z.enum(['bad-proof', 'wrong-key', 'conflict', 'rewritten']);

/** `shipped` and `shown`: two hashes of one length under one fork are the proof of a rewrite. */
export const suspicionEvidence = z.strictObject({
  shipped: beginning.optional(),
  shown: beginning.optional(),
  met: misdeed.optional(),
});

/** Detail of `LogSuspect`. At least once for each run of the shipper while it lasts. */
export const logSuspect = z.strictObject({
  version: z.literal(1),
  core: coreKey,
  /** Where it was met: `host:port`, or as `addressOf` writes other places. */
  peer: z.string(),
  /**
   * - `bad-proof`: the peer sent blocks or proofs that the log's key did not sign;
   * - `wrong-key`: the peer offers other logs than the one that it is registered for;
   * - `conflict`: two signed versions of the log met, and hypercore closed it;
   * - `rewritten`: the log differs from what was shipped, without the newer fork of a truncation: a writer that was
   *   restored from a backup, or one that tells different readers different things.
   */
  suspicion: suspicionKind,
  /** RFC 3339, UTC. */
  observedAt: z.iso.datetime(),
  evidence: suspicionEvidence,
});
export type LogSuspect = z.infer<typeof logSuspect>;
