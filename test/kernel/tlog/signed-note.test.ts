import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  checkpointText,
  openCheckpoint,
  parseCheckpoint,
} from '../../../functions/kernel/tlog/checkpoint.ts';
import {
  cosignedText,
  formatNote,
  noteKey,
  parseNote,
  parseVkey,
  verifyNote,
  type NoteKey,
  type NoteSignature,
} from '../../../functions/kernel/tlog/signed-note.ts';

const NAME = 'example.com/log';
const spki = (key: KeyObject) => key.export({ format: 'der', type: 'spki' });
const ed = generateKeyPairSync('ed25519');
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const witness = generateKeyPairSync('ed25519');
const edKey = noteKey(NAME, spki(ed.publicKey));
const ecKey = noteKey(NAME, spki(ec.publicKey));
const witnessKey = noteKey('witness.example/w1', spki(witness.publicKey), 'cosignature');

const signatureBy = (key: NoteKey, signature: Uint8Array): NoteSignature => ({
  name: key.name,
  keyId: key.id,
  signature,
});
const edSigned = (text: string) => signatureBy(edKey, sign(null, Buffer.from(text), ed.privateKey));
const ecSigned = (text: string) => signatureBy(ecKey, sign('sha256', Buffer.from(text), ec.privateKey));
function cosigned(text: string, time = 1_679_315_147): NoteSignature {
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(time));
  const signature = sign(null, Buffer.from(cosignedText(text, time)), witness.privateKey);
  return signatureBy(witnessKey, Buffer.concat([stamp, signature]));
}
const root = createHash('sha256').update('root').digest();
const text = checkpointText({ origin: NAME, size: 7, root });
const noteOf = (...signatures: NoteSignature[]) => Buffer.from(formatNote(text, signatures));

describe('signed notes', () => {
  test('reads what the documentation of golang.org/x/mod/sumdb/note shows', () => {
    const key = parseVkey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
    if (!key.ok) throw new Error(key.error);
    const note = parseNote(
      Buffer.from(
        'If you think cryptography is the answer to your problem,\n' +
          'then you don\u2019t know what your problem is.\n'.replace('\u2019', "'") +
          '\n' +
          '\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
      ),
    );
    if (!note.ok) throw new Error(note.error);
    expect(verifyNote(note.value, [key.value])).toEqual({ ok: true, value: [key.value] });
  });

  test('a key id is the one that the specification defines, for each kind of key', () => {
    const raw = spki(ed.publicKey).subarray(-32);
    const id = (type: number, name: string, key: Buffer) =>
      createHash('sha256').update(`${name}\n`).update(Buffer.of(type)).update(key).digest('hex').slice(0, 8);
    expect(edKey.id).toBe(id(1, NAME, raw));
    expect(witnessKey.id).toBe(id(4, 'witness.example/w1', spki(witness.publicKey).subarray(-32)));
    expect(ecKey.id).toBe(createHash('sha256').update(spki(ec.publicKey)).digest('hex').slice(0, 8));
  });

  test('keys come back from their text', () => {
    for (const key of [edKey, ecKey, witnessKey]) {
      const read = parseVkey(key.vkey);
      expect(read.ok && { ...read.value, key: spki(read.value.key) }).toEqual({ ...key, key: spki(key.key) });
    }
  });

  test.each(['', 'name', 'name+00000000+AAAA', edKey.vkey.replace(edKey.id, '00000000'), 'a b+1+AQ=='])(
    'takes %j for no key',
    (vkey) => {
      expect(parseVkey(vkey).ok).toBe(false);
    },
  );

  test('every key that signed is named, and keys that are not known are passed over', () => {
    const note = parseNote(noteOf(edSigned(text), ecSigned(text), cosigned(text)));
    if (!note.ok) throw new Error(note.error);
    expect(verifyNote(note.value, [edKey, ecKey, witnessKey])).toEqual({
      ok: true,
      value: [edKey, ecKey, witnessKey],
    });
    expect(verifyNote(note.value, [ecKey])).toEqual({ ok: true, value: [ecKey] });
    expect(verifyNote(note.value, []).ok).toBe(false);
  });

  test('one wrong signature of a known key spoils the note, although another holds', () => {
    const other = checkpointText({ origin: NAME, size: 8, root });
    for (const wrong of [edSigned(other), ecSigned(other), cosigned(other)]) {
      const note = parseNote(noteOf(edSigned(text), wrong));
      expect(note.ok && verifyNote(note.value, [edKey, ecKey, witnessKey]).ok).toBe(false);
    }
  });

  test('no byte of a note can be changed', () => {
    const bytes = noteOf(edSigned(text), ecSigned(text));
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const opened = openCheckpoint(changed, [edKey, ecKey]);
      // A changed name or key id is a signature of a key that nobody knows: then both must be there for it to count.
      expect(opened.ok && opened.value.signers.length === 2).toBe(false);
    }
  });

  test.each([
    ['no empty line', 'text\n\u2014 a AAAAAAA=\n'],
    ['no signature', 'text\n\n'],
    ['a line that is none', 'text\n\nhello\n'],
    ['a control character', 'te\txt\n\n\u2014 a AAAAAAA=\n'],
    ['base64 of another writing', 'text\n\n\u2014 a AAAAAAB=\n'],
  ])('refuses a note with %s', (_, note) => {
    expect(parseNote(Buffer.from(note)).ok).toBe(false);
  });

  test('refuses bytes that are no UTF-8', () => {
    expect(parseNote(Buffer.of(0xff, 10, 10, 10))).toEqual({ ok: false, error: 'is no UTF-8' });
  });
});

describe('checkpoints', () => {
  test('say origin, size and root', () => {
    expect(parseCheckpoint(text)).toEqual({ ok: true, value: { origin: NAME, size: 7, root } });
  });

  test.each([
    `${NAME}\n07\n${root.toString('base64')}\n`,
    `${NAME}\n-1\n${root.toString('base64')}\n`,
    `${NAME}\n7\nAAAA\n`,
    `\n7\n${root.toString('base64')}\n`,
    `${NAME}\n7\n${root.toString('base64')}`,
    `${NAME}\n7\n${root.toString('base64')}\n\nmore\n`,
    `${NAME}\n99999999999999999\n${root.toString('base64')}\n`,
  ])('refuses %j', (wrong) => {
    expect(parseCheckpoint(wrong).ok).toBe(false);
  });

  test('a witness alone does not make one', () => {
    expect(openCheckpoint(noteOf(cosigned(text)), [witnessKey]).ok).toBe(false);
    expect(openCheckpoint(noteOf(edSigned(text), cosigned(text)), [edKey, witnessKey]).ok).toBe(true);
  });

  test('a key of another log does not make one', () => {
    const foreign = noteKey('example.com/other', spki(ed.publicKey));
    const signed = signatureBy(foreign, sign(null, Buffer.from(text), ed.privateKey));
    expect(openCheckpoint(noteOf(signed), [foreign]).ok).toBe(false);
  });
});
