/** A password as PostgreSQL keeps it, so that the password itself is in no statement and no server's log. */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import type { Redacted } from '../../kernel/redacted.ts';

/** PostgreSQL's own default (`scram_iterations`). */
const ITERATIONS = 4_096;

/**
 * `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (RFC 5803; keys as in RFC 5802, 3).
 * @param password printable ASCII: SASLprep leaves that as it is
 * @param salt 16 bytes
 */
export function scramVerifier(password: Redacted, salt: Uint8Array): string {
  const salted = pbkdf2Sync(password.reveal(), salt, ITERATIONS, 32, 'sha256');
  const keyed = (label: string) => createHmac('sha256', salted).update(label).digest();
  const stored = createHash('sha256').update(keyed('Client Key')).digest('base64');
  const server = keyed('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${Buffer.from(salt).toString('base64')}$${stored}:${server}`;
}
