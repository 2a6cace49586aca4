/** A database credential as AWS's own rotation functions keep it: JSON with `host`, `port`, `username`, `password`. */
import { z } from 'zod';
import { Redacted } from '../../kernel/redacted.ts';
import { err, ok, type Result } from '../../kernel/result.ts';

/** Names and passwords go into statements and protocols: no control characters, and an end. */
const plain = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    // eslint-disable-next-line no-control-regex -- these are what is refused
    .regex(/^[^\u0000-\u001f\u007f]*$/);

const databaseSecret = z.looseObject({
  host: plain(255),
  port: z.coerce.number().int().min(1).max(65_535).optional(),
  dbname: plain(63).optional(),
  username: plain(128),
  password: plain(512),
});
/** An administrator's secret may leave out where the server is: it is the one of the secret that is rotated. */
const authoritySecret = databaseSecret.partial({ host: true });

export interface DatabaseCredential {
  readonly host: string;
  readonly port: number;
  readonly dbname: string | undefined;
  readonly username: string;
  readonly password: Redacted;
}

/** @returns the fields of a secret's text that are not as they must be, never their content */
function problemsOf(error: z.ZodError): string {
  const fields = new Set(error.issues.map((issue) => String(issue.path[0] ?? '')));
  const named = ['host', 'port', 'dbname', 'username', 'password'].filter((field) => fields.has(field));
  return named.length === 0
    ? 'the secret is no JSON object'
    : `the secret's ${named.join(', ')} cannot be read`;
}

function readJson(value: Redacted): unknown {
  try {
    return JSON.parse(value.reveal());
  } catch {
    return undefined;
  }
}

/** @param defaultPort of the kind of database, where the secret does not say */
export function readDatabaseSecret(value: Redacted, defaultPort: number): Result<DatabaseCredential, string> {
  const read = databaseSecret.safeParse(readJson(value));
  if (!read.success) return err(problemsOf(read.error));
  const { host, port = defaultPort, dbname, username, password } = read.data;
  return ok({ host, port, dbname, username, password: new Redacted(password) });
}

/**
 * An administrator of the server that another credential is for. One that belongs to another server is refused: who can
 * write a secret must not be able to have our administrator's password sent wherever they like.
 */
export function readAuthority(
  authority: Redacted | undefined,
  of: DatabaseCredential,
): Result<DatabaseCredential, string> {
  if (authority === undefined) return err('the policy names no authority who may change the credential');
  const read = authoritySecret.safeParse(readJson(authority));
  if (!read.success) return err(`of the authority, ${problemsOf(read.error)}`);
  const { host = of.host, port = of.port, dbname = of.dbname, username, password } = read.data;
  if (host !== of.host || port !== of.port)
    return err('the authority is for another server than the secret: nothing was sent to either');
  return ok({ host, port, dbname, username, password: new Redacted(password) });
}

/**
 * The same secret for another user or with another password.
 * @returns why it cannot be made: another field holds the old password as well, e.g. in an address
 */
export function withCredential(
  value: Redacted,
  change: { readonly username: string; readonly password: Redacted },
): Result<Redacted, string> {
  const read = databaseSecret.safeParse(readJson(value));
  if (!read.success) return err(problemsOf(read.error));
  const { username, password, ...others } = read.data;
  if (JSON.stringify(others).includes(JSON.stringify(password).slice(1, -1)))
    return err('another field of the secret holds the password too: leave it in `password` alone');
  const next = { ...read.data, username: change.username, password: change.password.reveal() };
  return ok(new Redacted(JSON.stringify(next)));
}

/** The other one of two users with the same rights: `app` and `app_clone`. */
export function alternateOf(
  username: string,
  suffix: string,
): { readonly base: string; readonly clone: string; readonly other: string } {
  const isClone = username.endsWith(suffix) && username !== suffix;
  const base = isClone ? username.slice(0, -suffix.length) : username;
  const clone = `${base}${suffix}`;
  return { base, clone, other: isClone ? base : clone };
}
