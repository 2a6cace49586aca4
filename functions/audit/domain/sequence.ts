/**
 * The sequencer: takes what waits in the outbox into the log, in batches. What makes two of them at once, or one that dies
 * anywhere, write one history is the compare-and-set of the head: a batch is decided by it and by nothing else, and is
 * finished, by whoever comes first, before the next one can be decided.
 *
 *     stage the batch → compare-and-set the head → sign the head that was set → write the tiles → publish → settle
 */
import { createHash } from 'node:crypto';
import type { AuditEvent } from '../../contracts/audit.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Result } from '../../kernel/result.ts';
import { checkpointText, openCheckpoint, type Checkpoint } from '../../kernel/tlog/checkpoint.ts';
import type { Cosigner } from './cosign.ts';
import { readStandingAlone, refusalOf, type AuditEntry } from './entry.ts';
import { edgePaths, entriesOf, growLog, readEdge, type LogEdge, type LogHead } from './grow-log.ts';
import { EMPTY_ROOT, sameHash } from '../../kernel/tlog/merkle.ts';
import { formatNote, parseNote, type NoteKey, type NoteSignature } from '../../kernel/tlog/signed-note.ts';
import { checkpointPath, decodeBundle, encodeBundle } from '../../kernel/tlog/tiles.ts';

/** What waits to be taken in. */
export interface Outbox {
  /**
   * What waits, oldest first, and nothing that was settled before this was called.
   * @returns each with its id, or why it can be no entry
   */
  pending(
    most: number,
  ): Promise<readonly { readonly id: string; readonly event: Result<AuditEvent, string> }[]>;
  /** They are in the log, at these places. Can be repeated. */
  settle(taken: readonly { readonly id: string; readonly seq: number }[]): Promise<void>;
  /** It can be no entry, and must not wait any longer; a person has to look at it. */
  refuse(id: string, why: string): Promise<void>;
}

/** Where the log has come to, as it was decided. */
export interface Sequence {
  /** Counts every change; what the compare-and-set compares. */
  readonly version: number;
  /** Up to here everything is written, signed, published and settled. */
  readonly published: LogHead;
  /** Decided, and perhaps not finished: where its entries are staged, and the head that it leads to. */
  readonly batch?: { readonly staged: string; readonly head: LogHead };
}

export interface SequenceStore {
  /** As of now, not as of a moment ago. */
  read(): Promise<Sequence>;
  /** @returns whether it was the version before this one; if not, nothing was changed */
  compareAndSet(next: Sequence): Promise<boolean>;
}

/** Where the log lies, for whoever writes it. */
export interface LogStore {
  read(path: string): Promise<Uint8Array | undefined>;
  /** Writes what must never be written twice. @returns false where something is there already, which stays */
  create(path: string, bytes: Uint8Array): Promise<boolean>;
  /** The checkpoint that readers are shown, and what to replace it by. */
  checkpoint(): Promise<{ readonly bytes: Uint8Array; readonly tag: string } | undefined>;
  /** @param tag of the one that it replaces; undefined: of none @returns false where another is there by now */
  publish(bytes: Uint8Array, tag: string | undefined): Promise<boolean>;
  /** A batch that is not decided yet; its name is the digest of its bytes. */
  stage(name: string, bytes: Uint8Array): Promise<void>;
  readStaged(name: string): Promise<Uint8Array | undefined>;
}

export interface CheckpointSigner {
  /** The keys that sign, named after the log. */
  readonly keys: readonly NoteKey[];
  sign(text: string): Promise<readonly NoteSignature[]>;
}

export interface Sequencer {
  readonly origin: string;
  readonly outbox: Outbox;
  readonly sequence: SequenceStore;
  readonly log: LogStore;
  readonly signer: CheckpointSigner;
  readonly clock: Clock;
  /** By default {@link BATCH_ENTRIES} and {@link BATCH_BYTES}. */
  readonly limits?: { readonly entries: number; readonly bytes: number };
  /** Asks witnesses before a checkpoint is shown; by default there are none. */
  readonly cosigner?: Cosigner;
  /** Is told of each batch once readers can see it: at least once, whatever crashes. */
  readonly announcer?: { announce(entries: readonly AuditEntry[]): Promise<void> };
}

/** Entries of a batch, at most: what waits longer comes with the next one. */
export const BATCH_ENTRIES = 1024;
/** Bytes of its events, at most, but for the first one. */
const BATCH_BYTES = 8 * 1024 * 1024;

export type Sequenced =
  /** A batch of this many entries is in the log, up to this size. */
  | { readonly did: 'published'; readonly entries: number; readonly size: number; readonly refused: number }
  /** Somebody else decided meanwhile; what waits may be in the log by now. */
  | { readonly did: 'overtaken'; readonly refused: number }
  /** Nothing waits. */
  | { readonly did: 'nothing'; readonly refused: number };

/** What was decided contradicts what is written: no repetition mends that. */
export class HistoryConflict extends Error {
  override readonly name = 'HistoryConflict';
}

/**
 * Finishes the batch that was decided last, or decides and finishes the next one.
 * @throws HistoryConflict where the log contradicts the head: it was tampered with, and nothing more is signed
 */
export async function sequenceOnce(sequencer: Sequencer): Promise<Sequenced> {
  const { outbox, sequence, log, clock } = sequencer;
  // Before the outbox: what is settled after this was read belongs to a version after this one.
  const now = await sequence.read();
  if (now.batch !== undefined) return finish(sequencer, now, now.batch, 0);
  const { limits = { entries: BATCH_ENTRIES, bytes: BATCH_BYTES } } = sequencer;
  const waiting = await outbox.pending(limits.entries);
  const events: AuditEvent[] = [];
  let [refused, size] = [0, 0];
  for (const { id, event } of waiting) {
    const why = event.ok ? refusalOf(event.value) : event.error;
    if (event.ok && why === undefined) {
      size += Buffer.byteLength(JSON.stringify(event.value));
      if (size > limits.bytes && events.length > 0) break;
      events.push(event.value);
    } else {
      await outbox.refuse(id, why ?? 'cannot be read');
      refused += 1;
    }
  }
  if (events.length === 0) return { did: 'nothing', refused };
  const { entries, lastHash } = entriesOf(events, now.published, clock.now());
  const grown = growLog(await edgeAt(log, now.published), entries);
  const bytes = encodeBundle(entries);
  const staged = digestOf(bytes);
  await log.stage(staged, bytes);
  const batch = { staged, head: { size: grown.edge.size, root: grown.root, lastHash } };
  const decided = { ...now, version: now.version + 1, batch };
  if (!(await sequence.compareAndSet(decided))) return { did: 'overtaken', refused };
  return finish(sequencer, decided, batch, refused);
}

/** Everything here can be repeated, by anyone, also by somebody who is late. */
async function finish(
  sequencer: Sequencer,
  decided: Sequence,
  batch: NonNullable<Sequence['batch']>,
  refused: number,
): Promise<Sequenced> {
  const { origin, outbox, sequence, log, signer } = sequencer;
  const shown = await shownCheckpoint(sequencer);
  if (shown.size > batch.head.size) {
    // Either we are late, or the head was set back behind what readers were shown.
    if ((await sequence.read()).version !== decided.version) return { did: 'overtaken', refused };
    throw new HistoryConflict(
      `The head says size ${batch.head.size}, and a checkpoint of size ${shown.size} was published.`,
    );
  }
  const before = shown.size === batch.head.size ? batch.head : decided.published;
  if (shown.size !== before.size || !sameHash(shown.root, before.root))
    throw new HistoryConflict(
      `The published checkpoint of size ${shown.size} is not what was decided at size ${before.size}.`,
    );
  const entries = await readStaged(log, batch.staged);
  const grown = growLog(await edgeAt(log, decided.published), entries);
  if (grown.edge.size !== batch.head.size || !sameHash(grown.root, batch.head.root))
    throw new HistoryConflict(`The staged batch ${batch.staged} does not lead to the head that was decided.`);
  const text = checkpointText({ origin, ...batch.head });
  const signatures = await signer.sign(text);
  for (const { path, bytes } of grown.files) await createSame(log, path, bytes);
  const note = await keep(
    sequencer,
    text,
    await cosigned(sequencer, text, signatures, batch.head),
    batch.head.size,
  );
  await publish(sequencer, note, batch.head.size);
  const taken = readStagedEntries(entries, decided.published.size);
  // Before it is settled: a batch that was not told of is not finished.
  await sequencer.announcer?.announce(taken);
  await outbox.settle(taken.map(({ id, seq }) => ({ id, seq })));
  const settled = { version: decided.version + 1, published: batch.head };
  if (!(await sequence.compareAndSet(settled))) return { did: 'overtaken', refused };
  return { did: 'published', entries: entries.length, size: batch.head.size, refused };
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function edgeAt(log: LogStore, head: LogHead): Promise<LogEdge> {
  const objects = await Promise.all(edgePaths(head.size).map((path) => log.read(path)));
  const edge = readEdge(head, objects);
  if (!edge.ok) throw new HistoryConflict(`The log's edge: ${edge.error}.`);
  return edge.value;
}

async function readStaged(log: LogStore, name: string): Promise<readonly Uint8Array[]> {
  const bytes = await log.readStaged(name);
  const entries = bytes !== undefined && digestOf(bytes) === name ? decodeBundle(bytes) : undefined;
  if (entries?.ok !== true) throw new HistoryConflict(`The staged batch ${name} is missing or was changed.`);
  return entries.value;
}

/** The checkpoint with the log's signatures, and those of the witnesses that gave theirs in time. */
async function cosigned(
  { origin, log, cosigner }: Sequencer,
  text: string,
  signatures: readonly NoteSignature[],
  head: LogHead,
): Promise<Uint8Array> {
  const note = Buffer.from(formatNote(text, signatures));
  const lines = (await cosigner?.cosign(note, { origin, size: head.size, root: head.root }, log)) ?? [];
  return lines.length === 0 ? note : Buffer.from(formatNote(text, [...signatures, ...lines]));
}

function readStagedEntries(entries: readonly Uint8Array[], from: number): readonly AuditEntry[] {
  return entries.map((bytes, at) => {
    const entry = readStandingAlone(bytes);
    if (!entry.ok || entry.value.seq !== from + at)
      throw new HistoryConflict(`The staged entry ${from + at} is none.`);
    return entry.value;
  });
}

/** The checkpoint that readers are shown; of a log that has none yet, the empty tree. */
async function shownCheckpoint({ log, origin, signer }: Sequencer): Promise<Checkpoint & { tag?: string }> {
  const shown = await log.checkpoint();
  if (shown === undefined) return { origin, size: 0, root: EMPTY_ROOT };
  const opened = openCheckpoint(shown.bytes, signer.keys);
  if (!opened.ok) throw new HistoryConflict(`The published checkpoint ${opened.error}.`);
  return { ...opened.value.checkpoint, tag: shown.tag };
}

async function createSame(log: LogStore, path: string, bytes: Uint8Array): Promise<void> {
  if (await log.create(path, bytes)) return;
  const there = await log.read(path);
  if (there === undefined || Buffer.compare(there, bytes) !== 0)
    throw new HistoryConflict(`${path} is there already, with other content.`);
}

/** Keeps the checkpoint of this size. ECDSA signs differently each time: the first one that was kept is the one. */
async function keep(
  { log, signer }: Sequencer,
  text: string,
  note: Uint8Array,
  size: number,
): Promise<Uint8Array> {
  const path = checkpointPath(size);
  if (await log.create(path, note)) return note;
  const there = (await log.read(path)) ?? Buffer.alloc(0);
  const read = parseNote(there);
  const opened = openCheckpoint(there, signer.keys);
  if (!opened.ok || !read.ok || read.value.text !== text)
    throw new HistoryConflict(`${path} is there already, and says something else.`);
  return there;
}

/** Shows readers the checkpoint, unless they see it or a later one already. */
async function publish(sequencer: Sequencer, note: Uint8Array, size: number): Promise<void> {
  for (;;) {
    const shown = await shownCheckpoint(sequencer);
    if (shown.size >= size || (await sequencer.log.publish(note, shown.tag))) return;
  }
}
