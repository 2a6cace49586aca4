/**
 * Sealed evidence: a leaked secret on its way from detection to the revoker, encrypted under a KMS key of its own. One
 * item for each secret; only the revoker's role may decrypt, and it takes the ciphertext away when it is of no more use.
 */
import { z } from 'zod';

/** KMS encrypts at most this many bytes directly; a longer secret is not kept. */
export const MAX_SEALED_BYTES = 4096;

/** How long an item is kept, in seconds: longer than the longest approval, and long enough to try again after a failure. */
export const EVIDENCE_SECONDS = 2 * 86_400;

export const sealedEvidence = z.object({
  /** The secret's fingerprint. */
  pk: z.string().regex(/^[0-9a-f]{64}$/),
  /** The finding whose id is the encryption context. */
  findingId: z.string(),
  /** KMS's ciphertext in base64; absent once it was taken away, so that a late duplicate is not sealed again. */
  sealed: z.string().optional(),
  /** Seconds since the epoch. */
  expiresAt: z.int().positive(),
});
export type SealedEvidence = z.infer<typeof sealedEvidence>;

/** Without exactly this context KMS does not decrypt. */
export const evidenceContext = (findingId: string): Record<string, string> => ({ findingId });
