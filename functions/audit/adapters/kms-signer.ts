import { GetPublicKeyCommand, SignCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { CheckpointSigner } from '../domain/sequence.ts';
import { noteKey, type NoteKey, type NoteSignature } from '../../kernel/tlog/signed-note.ts';

export interface KmsSignerOptions {
  readonly kms: Pick<KMSClient, 'send'>;
  /** What the log is called: the name of its keys. */
  readonly origin: string;
  /** One pair; while keys are changed, the old one and the new one: then both sign. */
  readonly pairs: readonly KeyPair[];
}

/** Keys of KMS by id, ARN or alias. */
export interface KeyPair {
  /** Of `ECC_NIST_EDWARDS25519`. */
  readonly ed25519Key: string;
  /** Of `ECC_NIST_P256`. */
  readonly ecdsaKey: string;
}

const REQUEST_DEADLINE_MS = 4_000;

/**
 * Signs with two keys of KMS, which never leave it. Ed25519 over the text itself (RFC 8032; KMS's other variant hashes it
 * first and is another signature), ECDSA over its SHA-256.
 * @throws where a key cannot be read or is of another kind
 */
export async function createKmsSigner({ kms, origin, pairs }: KmsSignerOptions): Promise<CheckpointSigner> {
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
  const signing = async (
    KeyId: string,
    kind: NoteKey['kind'],
    SigningAlgorithm: 'ED25519_SHA_512' | 'ECDSA_SHA_256',
  ) => {
    const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }), bounded());
    if (PublicKey === undefined) throw new Error(`KMS answered no public key for ${KeyId}.`);
    const key = noteKey(origin, PublicKey);
    if (key.kind !== kind) throw new Error(`${KeyId} is no key of kind ${kind}.`);
    return {
      key,
      async sign(Message: Uint8Array): Promise<NoteSignature> {
        const { Signature } = await kms.send(
          new SignCommand({ KeyId, Message, MessageType: 'RAW', SigningAlgorithm }),
          bounded(),
        );
        if (Signature === undefined) throw new Error(`KMS answered no signature by ${KeyId}.`);
        return { name: key.name, keyId: key.id, signature: Signature };
      },
    };
  };
  const all = await Promise.all(
    pairs.flatMap(({ ed25519Key, ecdsaKey }) => [
      signing(ed25519Key, 'ed25519', 'ED25519_SHA_512'),
      signing(ecdsaKey, 'ecdsa', 'ECDSA_SHA_256'),
    ]),
  );
  return {
    keys: all.map(({ key }) => key),
    sign: (text) => Promise.all(all.map((each) => each.sign(Buffer.from(text)))),
  };
}
