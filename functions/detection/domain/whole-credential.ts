/** Credentials that leak in parts: who is to revoke one needs all of them, and must not be given another's. */
import { Redacted } from '../../kernel/redacted.ts';

interface Part {
  readonly secretType: string;
  readonly secret: Redacted;
}

/** AWS: a key's id, its secret, and for a session its token. */
const ID = 'aws-access-key-id';
const SECRET = 'aws-secret-access-key';
const TOKEN = 'aws-session-token';
const PARTS: ReadonlySet<string> = new Set([ID, SECRET, TOKEN]);

/**
 * What a revocation needs of a secret: itself, or `id:secret` and `id:secret:token` for the parts of one AWS key.
 * @param beside everything found in the same entry; where it holds two ids, secrets or tokens, which belong together is
 *   not guessed, and the part stands alone
 */
export function wholeCredential(part: Part, beside: readonly Part[]): Redacted {
  if (!PARTS.has(part.secretType)) return part.secret;
  const the = (type: string): string | undefined => {
    const found = new Set(
      beside.flatMap(({ secretType, secret }) => (secretType === type ? [secret.reveal()] : [])),
    );
    const [first] = found;
    return found.size === 1 ? first : undefined;
  };
  const [id, secret, token] = [the(ID), the(SECRET), the(TOKEN)];
  if (id === undefined || secret === undefined) return part.secret;
  if (!id.startsWith('ASIA'))
    return part.secretType === TOKEN ? part.secret : new Redacted(`${id}:${secret}`);
  return token === undefined ? part.secret : new Redacted(`${id}:${secret}:${token}`);
}
