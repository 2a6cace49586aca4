/**
 * What an entry only commits to: personal or large data lies beside the log and can be deleted when its time is over,
 * and neither the entry nor any proof changes by that. The salt keeps what can be guessed from being tested against the
 * commitment once it is gone.
 */
import { hash } from 'node:crypto';

const SALT_BYTES = 32;

/** Tells a commitment from a hash of anything else. */
const DOMAIN = Buffer.from('shhh.audit/commitment/v1\n');

/**
 * Hex SHA-256 over {@link DOMAIN}, the salt and the content.
 * @param salt 32 random bytes, drawn for this content alone and deleted with it
 */
export function commitmentOf(salt: Uint8Array, content: Uint8Array): string {
  // Of one length: otherwise bytes could move from the salt into the content.
  if (salt.length !== SALT_BYTES) throw new Error(`A salt has ${SALT_BYTES} bytes.`);
  return hash('sha256', Buffer.concat([DOMAIN, salt, content]), 'hex');
}

/** What lies beside the log under a commitment: the salt, then the content. */
export const sealContent = (salt: Uint8Array, content: Uint8Array): Uint8Array =>
  Buffer.concat([salt, content]);

/** The content, if it is what was committed to; undefined if it is anything else. */
export function openContent(commitment: string, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < SALT_BYTES) return undefined;
  const content = sealed.subarray(SALT_BYTES);
  return commitmentOf(sealed.subarray(0, SALT_BYTES), content) === commitment ? content : undefined;
}
