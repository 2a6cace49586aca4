/** C2SP signed-note: text, an empty line, and one line for each signature. */
import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { err, ok, type Result } from '../result.ts';

/** Signature types of signed-note that are read here. */
const ED25519 = 0x01;
const ECDSA = 0x02;
const COSIGNATURE = 0x04;

/** What comes before the 32 bytes of an Ed25519 public key in its SPKI (RFC 8410). */
const ED25519_SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** A key that may have signed a note. */
export interface NoteKey {
  readonly name: string;
  /** Four bytes, hex. */
  readonly id: string;
  readonly kind: 'ed25519' | 'ecdsa' | 'cosignature';
  readonly key: KeyObject;
  /** The key as text: name, id and base64 of type and key, joined by `+`. */
  readonly vkey: string;
  /** Of a log that has changed its keys: sizes of the checkpoints that this one signs, both included; absent: all. */
  readonly sizes?: { readonly from: number; readonly to: number };
}

/** Whether a key is one that signs checkpoints of this size. */
export const signsAt = ({ sizes }: NoteKey, size: number): boolean =>
  sizes === undefined || (sizes.from <= size && size <= sizes.to);

export interface NoteSignature {
  readonly name: string;
  /** Four bytes, hex. */
  readonly keyId: string;
  readonly signature: Uint8Array;
}

export interface SignedNote {
  /** With its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** More than these is no note of ours: a reader must accept 16. */
const MAX_SIGNATURES = 100;

const keyName = /^[^\s+]+$/u;
// Every control character but the newline.
// eslint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u0009\u000b-\u001f]/;

/**
 * The key of a log or witness from its public key.
 * @param spki SubjectPublicKeyInfo in DER, as KMS gives it: Ed25519 or ECDSA on P-256
 * @param kind `cosignature`: the Ed25519 key of a witness
 * @throws Error for any other kind of key
 */
export function noteKey(name: string, spki: Uint8Array, kind: 'log' | 'cosignature' = 'log'): NoteKey {
  if (!keyName.test(name))
    throw new Error('The name of a key has no space and no plus in it, and is not empty.');
  const der = Buffer.from(spki);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  if (key.asymmetricKeyType === 'ed25519') {
    const raw = der.subarray(ED25519_SPKI_PREFIX.length);
    const type = kind === 'cosignature' ? COSIGNATURE : ED25519;
    const typed = Buffer.concat([Buffer.of(type), raw]);
    const id = sha256(Buffer.concat([Buffer.from(`${name}\n`), typed]))
      .subarray(0, 4)
      .toString('hex');
    return {
      name,
      id,
      kind: kind === 'cosignature' ? 'cosignature' : 'ed25519',
      key,
      vkey: vkeyOf(name, id, typed),
    };
  }
  if (
    kind === 'log' &&
    key.asymmetricKeyType === 'ec' &&
    key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
  ) {
    const id = sha256(der).subarray(0, 4).toString('hex');
    return { name, id, kind: 'ecdsa', key, vkey: vkeyOf(name, id, Buffer.concat([Buffer.of(ECDSA), der])) };
  }
  throw new Error(
    `A note is signed with Ed25519 or ECDSA on P-256, not with ${key.asymmetricKeyType ?? 'this key'}.`,
  );
}

const vkeyOf = (name: string, id: string, typed: Uint8Array): string =>
  `${name}+${id}+${Buffer.from(typed).toString('base64')}`;

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

const NO_KEY = 'is no public key: name+id+base64 of an Ed25519 or ECDSA key, or of a witness';

/** A key from its text. @returns why it is none */
export function parseVkey(vkey: string): Result<NoteKey, string> {
  const [name = '', id = '', ...rest] = vkey.trim().split('+');
  const typed = Buffer.from(rest.join('+'), 'base64');
  const type = typed[0];
  const body = typed.subarray(1);
  try {
    const key =
      type === ECDSA
        ? noteKey(name, body)
        : type === ED25519 || type === COSIGNATURE
          ? noteKey(
              name,
              Buffer.concat([ED25519_SPKI_PREFIX, body]),
              type === ED25519 ? 'log' : 'cosignature',
            )
          : undefined;
    if (key === undefined) return err(NO_KEY);
    return key.id === id ? ok(key) : err(`says key id ${id}, and its key has ${key.id}`);
  } catch {
    return err(NO_KEY);
  }
}

/**
 * A key as a reader keeps it: its text, and where the log has changed its keys, behind a space, the sizes of the
 * checkpoints that it signs: `0..51200`, or `50000..` for a key that signs still.
 * @returns why it is none
 */
export function parseKeyLine(line: string): Result<NoteKey, string> {
  const [vkey = '', range, ...more] = line.trim().split(/\s+/);
  const key = parseVkey(vkey);
  if (!key.ok || (range === undefined && more.length === 0)) return key;
  const [, from = '', to = ''] = /^(0|[1-9][0-9]{0,15})\.\.([1-9][0-9]{0,15})?$/.exec(range ?? '') ?? [];
  const sizes = { from: Number(from), to: to === '' ? Number.MAX_SAFE_INTEGER : Number(to) };
  return from === '' || more.length > 0 || sizes.from > sizes.to
    ? err('is followed by what is no range of sizes: write it like 0..51200, or 50000..')
    : ok({ ...key.value, sizes });
}

/** A note with these signatures below it. */
export function formatNote(text: string, signatures: readonly NoteSignature[]): string {
  return `${text}\n${signatures.map(signatureLine).join('')}`;
}

/** One line below a note's text, with its newline. */
export function signatureLine({ name, keyId, signature }: NoteSignature): string {
  return `\u2014 ${name} ${Buffer.concat([Buffer.from(keyId, 'hex'), signature]).toString('base64')}\n`;
}

/** A note from its bytes, its signatures not yet verified. @returns why it is none */
export function parseNote(bytes: Uint8Array): Result<SignedNote, string> {
  const note = decodeUtf8(bytes);
  if (note === undefined) return err('is no UTF-8');
  if (forbidden.test(note)) return err('has a control character in it');
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return err('has no empty line before its signatures');
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) return err(`has more than ${MAX_SIGNATURES} signatures`);
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const parsed = parseSignature(line);
    if (parsed === undefined) return err('has a line below its text that is no signature');
    signatures.push(parsed);
  }
  return ok({ text: note.slice(0, end + 1), signatures });
}

/** One line of a note's signatures, without its newline. */
function parseSignature(line: string): NoteSignature | undefined {
  const [dash, name, encoded, more] = line.split(' ');
  if (dash !== '\u2014' || name === undefined || !keyName.test(name) || !encoded || more !== undefined)
    return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  // Base64 has one way to write each value here: the rest would be bytes that no signature covers.
  if (bytes.length < 5 || bytes.toString('base64') !== encoded) return undefined;
  return { name, keyId: bytes.subarray(0, 4).toString('hex'), signature: bytes.subarray(4) };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether a known key signed the text; a cosignature's time in seconds since the epoch. */
function signatureHolds(text: string, { signature }: NoteSignature, { kind, key }: NoteKey): boolean {
  if (kind === 'ed25519') return verify(null, Buffer.from(text), key, signature);
  if (kind === 'ecdsa') return verify('sha256', Buffer.from(text), key, signature);
  const time = cosignedAt(signature);
  return (
    time !== undefined && verify(null, Buffer.from(cosignedText(text, time)), key, signature.subarray(8))
  );
}

/** What a witness signs (C2SP tlog-cosignature). @param time seconds since the epoch */
export const cosignedText = (text: string, time: number): string => `cosignature/v1\ntime ${time}\n${text}`;

/** A witness' signature as it stands in a note: when, then what. @param time seconds since the epoch */
export function cosignatureBytes(time: number, signature: Uint8Array): Uint8Array {
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(time));
  return Buffer.concat([stamp, signature]);
}

/** Seconds since the epoch at which a witness signed. */
function cosignedAt(signature: Uint8Array): number | undefined {
  if (signature.length !== 8 + 64) return undefined;
  const time = Buffer.from(signature).readBigUInt64BE();
  return time <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(time) : undefined;
}

/**
 * The keys of those given that signed the note. Signatures of other keys are passed over.
 * @returns why the note is to be refused: a known key's signature is wrong, or no known key signed
 */
export function verifyNote(note: SignedNote, keys: readonly NoteKey[]): Result<readonly NoteKey[], string> {
  const signers: NoteKey[] = [];
  for (const signature of note.signatures) {
    const key = keys.find(({ name, id }) => name === signature.name && id === signature.keyId);
    if (key === undefined) continue;
    if (!signatureHolds(note.text, signature, key))
      return err(`the signature of ${key.name} (${key.kind}, ${key.id}) is wrong`);
    signers.push(key);
  }
  return signers.length > 0 ? ok(signers) : err('no key that was given has signed it');
}
