import type { KMSClient } from '@aws-sdk/client-kms';
import { openKmsNoteKey } from '../../platform/kms-note-key.ts';
import type { CheckpointSigner } from '../domain/sequence.ts';

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

/**
 * Signs with two keys of KMS, which never leave it.
 * @throws where a key cannot be read or is of another kind
 */
export async function createKmsSigner({ kms, origin, pairs }: KmsSignerOptions): Promise<CheckpointSigner> {
  const all = await Promise.all(
    pairs.flatMap(({ ed25519Key, ecdsaKey }) => [
      openKmsNoteKey(kms, origin, ed25519Key, 'ed25519'),
      openKmsNoteKey(kms, origin, ecdsaKey, 'ecdsa'),
    ]),
  );
  return {
    keys: all.map(({ key }) => key),
    sign: (text) => Promise.all(all.map((each) => each.sign(Buffer.from(text)))),
  };
}
