/** What leaves the log and proves itself: one entry's proof (C2SP tlog-proof), and an export of many entries. */
import { z } from 'zod';
import { err, ok, type Result } from '../../kernel/result.ts';
import { openCheckpoint, type OpenedCheckpoint } from '../../kernel/tlog/checkpoint.ts';
import { readStandingAlone, type AuditEntry } from './entry.ts';
import { HASH_BYTES, leafHash, verifyInclusion, type Hash } from '../../kernel/tlog/merkle.ts';
import type { ProvenEntry } from '../../kernel/tlog/prove.ts';
import type { NoteKey } from '../../kernel/tlog/signed-note.ts';

const PROOF_HEADER = 'c2sp.org/tlog-proof@v1';
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** The proof of an entry as C2SP tlog-proof: its index, the hashes, and the checkpoint as it is. */
export function formatProof({ index, proof }: ProvenEntry, checkpoint: Uint8Array): string {
  const lines = [PROOF_HEADER, `index ${index}`, ...proof.map(base64)];
  return `${lines.join('\n')}\n\n${Buffer.from(checkpoint).toString()}`;
}

export interface OpenedProof {
  readonly index: number;
  readonly checkpoint: OpenedCheckpoint;
}

/** Whether a proof proves an entry. @returns why it does not */
export function openProof(
  text: string,
  entry: Uint8Array,
  keys: readonly NoteKey[],
): Result<OpenedProof, string> {
  const end = text.indexOf('\n\n');
  const [header, ...lines] = text.slice(0, Math.max(end, 0)).split('\n');
  if (end < 0 || header !== PROOF_HEADER) return err(`is no proof: it begins with ${PROOF_HEADER}`);
  if (lines[0]?.startsWith('extra ') === true) lines.shift();
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? '')?.[1];
  if (index === undefined) return err('names no index');
  const proof = readHashes(lines);
  if (proof === undefined) return err('has a line that is no hash');
  const checkpoint = openCheckpoint(Buffer.from(text.slice(end + 2)), keys);
  if (!checkpoint.ok) return err(`its checkpoint: ${checkpoint.error}`);
  return verifyInclusion(leafHash(entry), Number(index), checkpoint.value.checkpoint, proof)
    ? ok({ index: Number(index), checkpoint: checkpoint.value })
    : err('does not lead from this entry to the root of its checkpoint');
}

function readHashes(lines: readonly string[]): readonly Hash[] | undefined {
  const hashes = lines.map((line) => Buffer.from(line, 'base64'));
  const written = hashes.every((hash, at) => hash.length === HASH_BYTES && base64(hash) === lines[at]);
  return written ? hashes : undefined;
}

/**
 * An export is JSON lines: first this, then an {@link exportedEntry} for each entry. It needs nothing else to be
 * verified but the keys, which the reader must have from somewhere else to know whose log it is.
 */
const exportHeader = z.strictObject({
  format: z.literal('shhh-audit-export/v1'),
  /** The signed checkpoint that every proof leads to, as it is. */
  checkpoint: z.string(),
  /** The keys that signed it, as text: a convenience, not a proof. */
  keys: z.array(z.string()),
});

const exportedEntry = z.strictObject({
  index: z.int().nonnegative(),
  /** The entry's canonical JSON, as text: what was hashed. */
  entry: z.string(),
  /** Base64, from the leaf's sibling up. */
  proof: z.array(z.string()),
});

/** The first line of an export. */
export function exportHeaderLine(checkpoint: Uint8Array, keys: readonly NoteKey[]): string {
  return JSON.stringify({
    format: 'shhh-audit-export/v1',
    checkpoint: Buffer.from(checkpoint).toString(),
    keys: keys.map(({ vkey }) => vkey),
  } satisfies z.input<typeof exportHeader>);
}

/** One of the others. */
export function exportEntryLine({ index, bytes, proof }: ProvenEntry): string {
  return JSON.stringify({
    index,
    entry: Buffer.from(bytes).toString(),
    proof: proof.map(base64),
  } satisfies z.input<typeof exportedEntry>);
}

/** The checkpoint that an export's first line holds. @returns why it is not to be believed */
export function openExport(line: string, keys: readonly NoteKey[]): Result<OpenedCheckpoint, string> {
  const header = exportHeader.safeParse(parseJson(line));
  if (!header.success) return err(`is no export: its first line is another`);
  return openCheckpoint(Buffer.from(header.data.checkpoint), keys);
}

/** The entry in one line of an export, if its proof leads to the checkpoint. @returns why it does not */
export function openExportedEntry(
  line: string,
  { checkpoint }: OpenedCheckpoint,
): Result<{ readonly index: number; readonly entry: AuditEntry }, string> {
  const parsed = exportedEntry.safeParse(parseJson(line));
  if (!parsed.success) return err(`is no exported entry`);
  const { index, entry, proof } = parsed.data;
  const hashes = readHashes(proof);
  const bytes = Buffer.from(entry);
  if (hashes === undefined || !verifyInclusion(leafHash(bytes), index, checkpoint, hashes))
    return err(`entry ${index} is not in the log that the checkpoint speaks of`);
  const read = readStandingAlone(bytes);
  if (!read.ok) return err(`entry ${index} ${read.error}`);
  return read.value.seq === index
    ? ok({ index, entry: read.value })
    : err(`entry ${index} says another place`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
