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
 * The id of a finding: the same leak found again, by a retry or a duplicate message, has the same id.
 * @param offset where the secret starts in the entry, in bytes
 * @returns `fnd_` and 32 hex digits: the first half of a SHA-256 over position, rule and offset
 */
export function findingIdOf(entry: EntryRef, rule: string, offset: number): string {
  const digest = createHash('sha256')
    .update(`${entry.core}\n${entry.fork}\n${entry.seq}\n${rule}\n${offset}`)
    .digest('hex');
  return `fnd_${digest.slice(0, 32)}`;
}
