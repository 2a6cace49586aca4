import { GetPublicKeyCommand, SignCommand, type KMSClient } from '@aws-sdk/client-kms';
import { noteKey } from '../../kernel/tlog/signed-note.ts';
import type { WitnessSigner } from '../domain/witness.ts';

const REQUEST_DEADLINE_MS = 4_000;

/**
 * A witness' Ed25519 key in KMS.
 * @param name of the witness, e.g. `witness.example.org/w1`
 * @param KeyId of an `ECC_NIST_EDWARDS25519` key
 * @throws where the key cannot be read or is of another kind
 */
export async function createKmsWitnessSigner(
  kms: Pick<KMSClient, 'send'>,
  name: string,
  KeyId: string,
): Promise<WitnessSigner> {
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }), bounded());
  if (PublicKey === undefined) throw new Error(`KMS answered no public key for ${KeyId}.`);
  const key = noteKey(name, PublicKey, 'cosignature');
  return {
    key,
    async sign(text) {
      const { Signature } = await kms.send(
        new SignCommand({
          KeyId,
          Message: Buffer.from(text),
          MessageType: 'RAW',
          SigningAlgorithm: 'ED25519_SHA_512',
        }),
        bounded(),
      );
      if (Signature === undefined) throw new Error(`KMS answered no signature by ${KeyId}.`);
      return Signature;
    },
  };
}
