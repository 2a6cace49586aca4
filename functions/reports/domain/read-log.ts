/**
 * A period of the audit log, in one pass: what is read is hashed up to the root that the log has signed. The checkpoint is
 * the first that was published behind the period, so that the log may grow and a report stays the same.
 */
import { z } from 'zod';
import { ahead } from '../../kernel/ahead.ts';
import { fromIso } from '../../kernel/clock.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { openCheckpoint, type Checkpoint } from '../../kernel/tlog/checkpoint.ts';
import type { KeptCheckpoints, LogSource } from '../../kernel/tlog/log-source.ts';
import { leafHash, sameHash, type Hash } from '../../kernel/tlog/merkle.ts';
import { createProver, type ProvenEntry } from '../../kernel/tlog/prove.ts';
import { BrokenObject, readBundle, readTile } from '../../kernel/tlog/read-objects.ts';
import { signsAt, type NoteKey } from '../../kernel/tlog/signed-note.ts';
import {
  CHECKPOINT_PATH,
  checkpointPath,
  partialTilesOf,
  TILE_WIDTH,
  tileIn,
  TreeEdge,
} from '../../kernel/tlog/tiles.ts';
import type { LogEntry } from './log-entry.ts';
import type { Evidence, LogHead } from './report.ts';

export interface LogOptions {
  readonly source: Pick<LogSource, 'read'> & KeptCheckpoints;
  /** From somewhere else than the log: each must have signed. */
  readonly keys: readonly NoteKey[];
}

/** The log as far as a report on a period needs it. */
export interface OpenedLog {
  readonly head: LogHead;
  /** Shows every entry that was logged in the span, and those around it. @returns why it cannot be believed */
  pass(visit: (entry: LogEntry) => void): Promise<Result<void, string>>;
  /** Proofs of entries. @param seqs ascending @returns why one of them cannot be proved */
  prove(seqs: readonly number[]): Promise<Result<ReadonlyMap<number, Evidence>, string>>;
}

/** Milliseconds since the epoch: from, inclusive, until, exclusive. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/**
 * What happened may be handed in late, and clocks differ: entries that were logged this long before and behind a span may
 * have happened in it. Milliseconds.
 */
const LOGGED_WITHIN_MS = 86_400_000;
/** Bundles that are asked for before they are needed. */
const READ_AHEAD = 8;

/** What a report reads of an entry; that it is written as the log writes it is for `shhh-audit` to say. */
const readable = z.object({
  seq: z.int().nonnegative(),
  time: z.string(),
  logged_at: z.string(),
  type: z.string(),
  actor: z.string(),
  subject: z.string(),
  correlation_id: z.string(),
  data: z.record(z.string(), z.json()),
});

/** @returns why the log cannot be believed @throws where it cannot be read */
export async function openLog({ source, keys }: LogOptions, span: Span): Promise<Result<OpenedLog, string>> {
  const latest = await openAt(source, CHECKPOINT_PATH, keys);
  if (!latest.ok) return latest;
  try {
    const { checkpoint } = latest.value;
    const first = await firstLoggedFrom(source, checkpoint.size, span.from - LOGGED_WITHIN_MS);
    const end = await firstLoggedFrom(source, checkpoint.size, span.until + LOGGED_WITHIN_MS);
    const kept = end < checkpoint.size ? await source.keptFrom(end + 1) : undefined;
    if (kept === undefined || kept >= checkpoint.size)
      return ok(opened(source, latest.value, { first, end }));
    const then = await openAt(source, checkpointPath(kept), keys);
    if (!then.ok) return then;
    if (then.value.checkpoint.origin !== checkpoint.origin || then.value.checkpoint.size !== kept)
      return err(`${checkpointPath(kept)} is of another log, or of another size.`);
    const proof = await createProver(source, checkpoint).consistency(then.value.checkpoint);
    return proof.ok ? ok(opened(source, then.value, { first, end })) : err(`The audit log: ${proof.error}.`);
  } catch (error) {
    if (error instanceof BrokenObject) return err(`The audit log: ${error.message}.`);
    throw error;
  }
}

interface Opened {
  readonly checkpoint: Checkpoint;
  readonly note: string;
}

async function openAt(
  source: Pick<LogSource, 'read'>,
  path: string,
  keys: readonly NoteKey[],
): Promise<Result<Opened, string>> {
  const bytes = await source.read(path);
  if (bytes === undefined) return err(`The audit log has no ${path}: is it the log's directory or bucket?`);
  const opened = openCheckpoint(bytes, keys);
  if (!opened.ok) return err(`The audit log's ${path}: ${opened.error}.`);
  const { checkpoint, signers } = opened.value;
  const silent = keys.find(
    (key) => key.kind !== 'cosignature' && signsAt(key, checkpoint.size) && !signers.includes(key),
  );
  return silent === undefined
    ? ok({ checkpoint, note: Buffer.from(bytes).toString() })
    : err(`The audit log's ${path} is not signed by ${silent.name} (${silent.kind}, ${silent.id}).`);
}

/**
 * The place of the first entry that was logged at or behind a time: the log takes in one entry after the other, so that
 * bundles are in order of time. The log's size where there is none.
 * @throws BrokenObject
 */
async function firstLoggedFrom(
  source: Pick<LogSource, 'read'>,
  size: number,
  timeMs: number,
): Promise<number> {
  const loggedAt = (bytes: Uint8Array | undefined): number => {
    const entry = bytes && parse(bytes);
    const at = entry && fromIso(entry.logged_at);
    if (at === undefined) throw new BrokenObject('an entry does not say when it was logged');
    return at;
  };
  let [low, high] = [0, Math.ceil(size / TILE_WIDTH)];
  // The first bundle whose last entry was logged late enough.
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (loggedAt((await bundle(source, middle, size)).at(-1)) < timeMs) low = middle + 1;
    else high = middle;
  }
  if (low * TILE_WIDTH >= size) return size;
  const entries = await bundle(source, low, size);
  return low * TILE_WIDTH + entries.findIndex((bytes) => loggedAt(bytes) >= timeMs);
}

async function bundle(
  source: Pick<LogSource, 'read'>,
  index: number,
  size: number,
): Promise<readonly Uint8Array[]> {
  const entries = await readBundle((path) => source.read(path), index, size);
  if (!entries.ok) throw new BrokenObject(entries.error);
  return entries.value;
}

function opened(
  source: Pick<LogSource, 'read'>,
  { checkpoint, note }: Opened,
  { first, end }: { readonly first: number; readonly end: number },
): OpenedLog {
  const { origin, size, root } = checkpoint;
  return {
    head: { origin, size, rootHash: Buffer.from(root).toString('base64'), checkpoint: note },

    async pass(visit) {
      const from = Math.floor(first / TILE_WIDTH);
      try {
        const edge = await edgeAt(source, from * TILE_WIDTH, size);
        const count = Math.ceil(size / TILE_WIDTH) - from;
        for await (const entries of ahead(count, READ_AHEAD, (at) => bundle(source, from + at, size)))
          for (const bytes of entries) {
            const seq = edge.size;
            edge.append(leafHash(bytes), () => undefined);
            if (seq < first || seq >= end) continue;
            const entry = parse(bytes);
            if (entry?.seq !== seq)
              return err(`Entry ${seq} of the audit log is of no form that is known here.`);
            visit(entry);
          }
        return sameHash(edge.root(), root)
          ? ok(undefined)
          : err('The entries of the audit log are not what its checkpoint says: run npx shhh-audit verify.');
      } catch (error) {
        if (error instanceof BrokenObject) return err(`The audit log: ${error.message}.`);
        throw error;
      }
    },

    async prove(seqs) {
      const prover = createProver(source, checkpoint);
      const evidence = new Map<number, Evidence>();
      for (const seq of seqs) {
        const proven = await prover.entry(seq);
        if (!proven.ok) return err(`The audit log: ${proven.error}.`);
        const shown = evidenceOf(proven.value);
        if (shown === undefined)
          return err(`Entry ${seq} of the audit log is of no form that is known here.`);
        evidence.set(seq, shown);
      }
      return ok(evidence);
    },
  };
}

/** The tree of the first `start` entries, from the tiles above them: the root says whether these are the log's. */
async function edgeAt(source: Pick<LogSource, 'read'>, start: number, size: number): Promise<TreeEdge> {
  const partial = new Map<number, readonly Hash[]>();
  for (const { level, index, width } of partialTilesOf(start)) {
    const hashes = await readTile((path) => source.read(path), tileIn(size, level, index));
    partial.set(level, hashes.slice(0, width));
  }
  return new TreeEdge(start, partial);
}

function parse(bytes: Uint8Array): z.infer<typeof readable> | undefined {
  try {
    return readable.safeParse(JSON.parse(Buffer.from(bytes).toString())).data;
  } catch {
    return undefined;
  }
}

function evidenceOf({ bytes, proof }: ProvenEntry): Evidence | undefined {
  const entry = parse(bytes);
  return (
    entry && {
      seq: entry.seq,
      time: entry.time,
      type: entry.type,
      actor: entry.actor,
      subject: entry.subject,
      leafHash: hex(leafHash(bytes)),
      proof: proof.map(hex),
    }
  );
}

const hex = (hash: Hash): string => Buffer.from(hash).toString('hex');
