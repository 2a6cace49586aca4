/** C2SP tlog-checkpoint: the head of the log as the text of a signed note. */
import { err, ok, type Result } from '../result.ts';
import { HASH_BYTES, type Hash } from './merkle.ts';
import { parseNote, signsAt, verifyNote, type NoteKey, type SignedNote } from './signed-note.ts';

/** The head of a tree: how many leaves, and the root over them. */
export interface TreeHead {
  readonly size: number;
  readonly root: Hash;
}

export interface Checkpoint extends TreeHead {
  /** What the log is called: unique, and the name of its keys. */
  readonly origin: string;
}

/** The text that the log signs: no extension lines, which monitors could not check. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
}

/** What the text of a note says as a checkpoint. @returns why it is none */
export function parseCheckpoint(text: string): Result<Checkpoint, string> {
  const [origin = '', size = '', root = '', ...rest] = text.split('\n');
  if (origin === '') return err('names no origin');
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size)))
    return err('has no tree size');
  const hash = Buffer.from(root, 'base64');
  if (hash.length !== HASH_BYTES || hash.toString('base64') !== root) return err('has no root hash');
  if (rest.at(-1) !== '' || rest.slice(0, -1).includes('')) return err('does not end as a checkpoint does');
  return ok({ origin, size: Number(size), root: hash });
}

export interface OpenedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly note: SignedNote;
  /** Of the keys that were given, those that signed. */
  readonly signers: readonly NoteKey[];
}

/** A checkpoint that one of the keys signed, of the log that they are named after. @returns why it is not to be believed */
export function openCheckpoint(
  bytes: Uint8Array,
  keys: readonly NoteKey[],
): Result<OpenedCheckpoint, string> {
  const note = parseNote(bytes);
  if (!note.ok) return note;
  const signers = verifyNote(note.value, keys);
  if (!signers.ok) return signers;
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) return checkpoint;
  // A key that was retired signs nothing more, whoever has it.
  const ofItsTime = signers.value.filter((key) => signsAt(key, checkpoint.value.size));
  // A witness alone does not make a checkpoint: it says that it saw one.
  if (!ofItsTime.some(({ kind, name }) => kind !== 'cosignature' && name === checkpoint.value.origin))
    return err(
      `the log ${JSON.stringify(checkpoint.value.origin)} itself has not signed it${ofItsTime.length < signers.value.length ? ' with a key of that size' : ''}`,
    );
  return ok({ checkpoint: checkpoint.value, note: note.value, signers: ofItsTime });
}
