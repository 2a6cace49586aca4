import { GenerateMacCommand, type KMSClient } from '@aws-sdk/client-kms';
import { createHash } from 'node:crypto';
import type { Redacted } from '../kernel/redacted.ts';

/** KMS takes at most this many bytes for a MAC. */
const MAX_MESSAGE_BYTES = 4096;
/** Names what is signed, so that a MAC made for another purpose under the same key is no fingerprint. */
const DOMAIN = 'shhh/fingerprint/v1\n';
const DOMAIN_HASHED = 'shhh/fingerprint/v1/sha256\n';

const CONCURRENT_CALLS = 8;
const REQUEST_DEADLINE_MS = 4_000;

/** The message of a secret's MAC: itself under the domain's name, or its SHA-256 where it is too long for KMS. */
export function fingerprintMessage(secret: string): Uint8Array {
  const plain = Buffer.from(DOMAIN + secret);
  if (plain.length <= MAX_MESSAGE_BYTES) return plain;
  return Buffer.concat([Buffer.from(DOMAIN_HASHED), createHash('sha256').update(secret).digest()]);
}

/** Makes the keyed fingerprints by which one secret is known without being kept. */
export interface KmsFingerprinter {
  /** @returns one a secret, hex, in their order */
  fingerprint(secrets: readonly Redacted[]): Promise<readonly string[]>;
}

/** HMAC-SHA-256 under a key that never leaves KMS: nobody without access to it can test a guess. */
export function createKmsFingerprinter(kms: Pick<KMSClient, 'send'>, keyId: string): KmsFingerprinter {
  async function one(secret: Redacted): Promise<string> {
    const answer = await kms.send(
      new GenerateMacCommand({
        KeyId: keyId,
        MacAlgorithm: 'HMAC_SHA_256',
        Message: fingerprintMessage(secret.reveal()),
      }),
      { abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) },
    );
    if (answer.Mac === undefined) throw new Error('KMS answered GenerateMac without a MAC.');
    return Buffer.from(answer.Mac).toString('hex');
  }

  return {
    async fingerprint(secrets) {
      const fingerprints: string[] = [];
      for (let start = 0; start < secrets.length; start += CONCURRENT_CALLS)
        fingerprints.push(...(await Promise.all(secrets.slice(start, start + CONCURRENT_CALLS).map(one))));
      return fingerprints;
    },
  };
}
