import { createHash } from 'node:crypto';

/** Where an entry stands: the log's public key (64 hex digits), its fork and its index in it. */
export interface EntryRef {
  readonly core: string;
  readonly fork: number;
  readonly seq: number;
}

/**
 * The id that follows one entry through every function's log: `<first 16 hex of core>.<fork>.<seq>`.
 * It is derived, not drawn, so a retried entry keeps it.
 */
export function correlationIdOf(entry: EntryRef): string {
  return `${entry.core.slice(0, 16)}.${entry.fork}.${entry.seq}`;
}

/**
 * The id of a finding: the same secret in the same place of the same log, found again by a retry, by a duplicate
 * message or after the log was cut back, has the same id. The fork is not part of it: what a truncation leaves is
 * shipped again under the new one. In its stead the secret's fingerprint tells a rewritten entry from the one before;
 * being keyed, it gives nobody who sees the id a way to test guesses of the secret.
 * @param offset where the secret starts in the entry, in bytes
 * @param fingerprint the secret's, hex
 * @returns `fnd_` and 32 hex digits: the first half of a SHA-256 over position, rule, offset and fingerprint
 */
export function findingIdOf(
  { core, seq }: Pick<EntryRef, 'core' | 'seq'>,
  rule: string,
  offset: number,
  fingerprint: string,
): string {
  const digest = createHash('sha256')
    .update(`${core}\n${seq}\n${rule}\n${offset}\n${fingerprint}`)
    .digest('hex');
  return `fnd_${digest.slice(0, 32)}`;
}
