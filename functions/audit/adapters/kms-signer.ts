import { GetPublicKeyCommand, SignCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { CheckpointSigner } from '../domain/sequence.ts';
import { noteKey } from '../domain/signed-note.ts';

export interface KmsSignerOptions {
  readonly kms: Pick<KMSClient, 'send'>;
  /** What the log is called: the name of its keys. */
  readonly origin: string;
  /** Of `ECC_NIST_EDWARDS25519`: id, ARN or alias. */
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
export async function createKmsSigner(options: KmsSignerOptions): Promise<CheckpointSigner> {
  const { kms, origin, ed25519Key, ecdsaKey } = options;
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
  const publicKey = async (KeyId: string) => {
    const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }), bounded());
    if (PublicKey === undefined) throw new Error(`KMS answered no public key for ${KeyId}.`);
    return noteKey(origin, PublicKey);
  };
  const [ed25519, ecdsa] = await Promise.all([publicKey(ed25519Key), publicKey(ecdsaKey)]);
  if (ed25519.kind !== 'ed25519') throw new Error(`${ed25519Key} is no Ed25519 key.`);
  if (ecdsa.kind !== 'ecdsa') throw new Error(`${ecdsaKey} is no ECDSA key on P-256.`);
  const signBy = async (
    KeyId: string,
    SigningAlgorithm: 'ED25519_SHA_512' | 'ECDSA_SHA_256',
    Message: Uint8Array,
  ) => {
    const { Signature } = await kms.send(
      new SignCommand({ KeyId, Message, MessageType: 'RAW', SigningAlgorithm }),
      bounded(),
    );
    if (Signature === undefined) throw new Error(`KMS answered no signature by ${KeyId}.`);
    return Signature;
  };
  return {
    keys: [ed25519, ecdsa],
    async sign(text) {
      const message = Buffer.from(text);
      const [first, second] = await Promise.all([
        signBy(ed25519Key, 'ED25519_SHA_512', message),
        signBy(ecdsaKey, 'ECDSA_SHA_256', message),
      ]);
      return [
        { name: ed25519.name, keyId: ed25519.id, signature: first },
        { name: ecdsa.name, keyId: ecdsa.id, signature: second },
      ];
    },
  };
}
