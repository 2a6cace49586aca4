/** Manifests as signed notes. */
import { err, ok, type Result } from '../../kernel/result.ts';
import { formatNote, parseNote, verifyNote, type NoteKey } from '../../kernel/tlog/signed-note.ts';
import type { KmsNoteKey } from '../../platform/kms-note-key.ts';
import type { OpenNote, SignNote } from '../domain/render/manifest.ts';

/** Signs with a key of KMS; without one the note has no signature, and says nothing of who made it. */
export const createNoteSigner =
  (key?: Pick<KmsNoteKey, 'sign'>): SignNote =>
  async (text) =>
    Buffer.from(formatNote(text, key === undefined ? [] : [await key.sign(Buffer.from(text))]));

/** @param keys of whoever may sign; with none of them, a note is read and nobody vouches for it */
export const createNoteOpener =
  (keys: readonly NoteKey[]): OpenNote =>
  (note) => {
    if (keys.length === 0) return textOf(note);
    const parsed = parseNote(note);
    if (!parsed.ok) return parsed;
    const signers = verifyNote(parsed.value, keys);
    return signers.ok
      ? ok({ text: parsed.value.text, signers: signers.value.map(({ name }) => name) })
      : signers;
  };

function textOf(
  note: Uint8Array,
): Result<{ readonly text: string; readonly signers: readonly string[] }, string> {
  const text = Buffer.from(note).toString();
  const end = text.indexOf('\n\n');
  return end < 0
    ? err('has no empty line behind its text')
    : ok({ text: text.slice(0, end + 1), signers: [] });
}
