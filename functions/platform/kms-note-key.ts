import { GetPublicKeyCommand, SignCommand, type KMSClient } from '@aws-sdk/client-kms';
import { noteKey, type NoteKey, type NoteSignature } from '../kernel/tlog/signed-note.ts';

/** A key of KMS that notes are signed with: it never leaves it. */
export interface KmsNoteKey {
  readonly key: NoteKey;
  /** One request. */
  sign(text: Uint8Array): Promise<NoteSignature>;
}

const REQUEST_DEADLINE_MS = 4_000;

/** Ed25519 over the text itself (RFC 8032; KMS's other variant hashes it first and is another signature). */
const ALGORITHMS = { ed25519: 'ED25519_SHA_512', ecdsa: 'ECDSA_SHA_256' } as const;

/**
 * Reads the public key; who may do no more than that can verify.
 * @param name of the log, or of whoever else signs
 * @param KeyId id, ARN or alias of a key of `ECC_NIST_EDWARDS25519` or `ECC_NIST_P256`
 * @throws where it cannot be read or is of another kind
 */
export async function openKmsNoteKey(
  kms: Pick<KMSClient, 'send'>,
  name: string,
  KeyId: string,
  kind: keyof typeof ALGORITHMS,
): Promise<KmsNoteKey> {
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }), bounded());
  if (PublicKey === undefined) throw new Error(`KMS answered no public key for ${KeyId}.`);
  const key = noteKey(name, PublicKey);
  if (key.kind !== kind) throw new Error(`${KeyId} is no key of kind ${kind}.`);
  return {
    key,
    async sign(Message) {
      const { Signature } = await kms.send(
        new SignCommand({ KeyId, Message, MessageType: 'RAW', SigningAlgorithm: ALGORITHMS[kind] }),
        bounded(),
      );
      if (Signature === undefined) throw new Error(`KMS answered no signature by ${KeyId}.`);
      return { name: key.name, keyId: key.id, signature: Signature };
    },
  };
}
