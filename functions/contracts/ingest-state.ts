/**
 * What ingest keeps in its table (partition key `pk`, sort key `sk`, both strings). Ingest alone writes it, but for
 * the peers, which the operator registers, or an index that the operator registered; health reads peers, statuses and the lease.
 */
import { z } from 'zod';
import { coreKey } from './ingest.ts';
import { suspicionEvidence, suspicionKind } from './ingest-events.ts';

const epochMs = z.int().nonnegative();

/** Keys of every kind of item. All peers, and all statuses, are one query by `pk`. */
export const ingestKey = {
  lease: () => ({ pk: 'LEASE', sk: 'shipper' }),
  peer: (core: string) => ({ pk: 'PEER', sk: core }),
  status: (core: string) => ({ pk: 'STATUS', sk: core }),
  checkpoint: (core: string) => ({ pk: `CHECKPOINT#${core}`, sk: 'CHECKPOINT' }),
  suspicion: (core: string, kind: string) => ({ pk: 'SUSPICION', sk: `${core}#${kind}` }),
} as const;

/**
 * Where a log is met, by the driver that reads it. An item without one is of the default, TCP.
 * Paths are relative to the directory that the shipper may read (`LOG_ROOT`), on the shipper's own host.
 */
const tcpPlace = z.object({
  driver: z.literal('tcp').optional(),
  host: z.string().min(1),
  port: z.int().min(1).max(65_535),
});
const sidecarPlace = z.object({
  driver: z.literal('sidecar'),
  /** The directory of a hypercore's or a corestore's storage. */
  directory: z.string().min(1),
});
const jsonLinesPlace = z.object({
  driver: z.literal('json-lines'),
  /** A file, or a directory whose `.jsonl` files, by name, are one log. */
  path: z.string().min(1),
});
const hyperswarmPlace = z.object({
  driver: z.literal('hyperswarm'),
  /** What the log's owners announce themselves under: 32 bytes in hex. */
  topic: z.string().regex(/^[0-9a-f]{64}$/),
});
const place = z.discriminatedUnion('driver', [tcpPlace, sidecarPlace, jsonLinesPlace, hyperswarmPlace]);
export type Place = z.infer<typeof place>;
export type Driver = NonNullable<Place['driver']>;

/** A place in a line, as people write it; two are the same place if these are. */
export function addressOf(at: Place): string {
  switch (at.driver) {
    case 'sidecar':
      return `sidecar:${at.directory}`;
    case 'json-lines':
      return `json-lines:${at.path}`;
    case 'hyperswarm':
      return `hyperswarm:${at.topic}`;
    case 'tcp':
    case undefined:
      return at.host.includes(':') ? `[${at.host}]:${at.port}` : `${at.host}:${at.port}`;
  }
}

/** A log to follow. The key is all that is trusted of where it is met: entries are verified against it, files apart. */
export const peerItem = z
  .object({
    pk: z.literal('PEER'),
    sk: coreKey,
    core: coreKey,
    /** What the operator calls it. */
    name: z.string().min(1).optional(),
    /** Its entries list other logs that the same address offers; they are registered as they appear. */
    isIndex: z.boolean().optional(),
    /** The index that listed it; absent where the operator registered it. */
    listedBy: coreKey.optional(),
  })
  .and(place);

/** Who may ship. `token` only grows, also across holders; the item stays when the lease is released. */
export const leaseItem = z.object({
  pk: z.literal('LEASE'),
  sk: z.literal('shipper'),
  holder: z.string().min(1),
  token: z.int().positive(),
  /** Milliseconds since the epoch; 0 once released. */
  expiresAt: epochMs,
});

const treeHash = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * How far a log has been accepted by the queue. An item with a token and no length is claimed but never shipped from.
 * `token` is the lease's of the last writer: an older one is refused.
 */
export const checkpointItem = z.object({
  pk: z.string(),
  sk: z.literal('CHECKPOINT'),
  core: coreKey,
  token: z.int().positive(),
  fork: z.int().nonnegative().optional(),
  /** Entries `[0, length)` have been accepted. */
  length: z.int().nonnegative().optional(),
  /** Hex of the Merkle tree's hash over `[0, length)`. */
  treeHash: treeHash.optional(),
  /** Shorter accepted beginnings, longest first, for the day when the log is rewritten. */
  ancestors: z.array(z.object({ length: z.int().nonnegative(), treeHash })).optional(),
});

/** The shipper's last word on one log, written every few seconds and at every change of `connected`. */
export const statusItem = z.object({
  pk: z.literal('STATUS'),
  sk: coreKey,
  core: coreKey,
  connected: z.boolean(),
  /** Length and fork of the log as the peer proved it. */
  remoteLength: z.int().nonnegative(),
  fork: z.int().nonnegative(),
  shippedLength: z.int().nonnegative(),
  /** When the queue last accepted entries of this log, or the log was last seen to have no more. */
  lastProgressAt: epochMs,
  updatedAt: epochMs,
  /** Why the last connection ended or the log cannot be followed; absent while all is well. */
  lastError: z.string().optional(),
});

/**
 * What was ever met that no sound log or peer does: one item for each log and kind, kept until somebody removes it.
 * The first and the last evidence stay; a peer that goes on does not fill the table.
 */
export const suspicionItem = z.object({
  pk: z.literal('SUSPICION'),
  sk: z.string(),
  core: coreKey,
  /** Where it was met last. */
  peer: z.string(),
  suspicion: suspicionKind,
  firstAt: epochMs,
  lastAt: epochMs,
  /** In how many runs of the shipper. */
  times: z.int().positive(),
  firstEvidence: suspicionEvidence,
  lastEvidence: suspicionEvidence,
});

export type SuspicionItem = z.infer<typeof suspicionItem>;
export type PeerItem = z.infer<typeof peerItem>;
export type StatusItem = z.infer<typeof statusItem>;
