/**
 * Users of PostgreSQL. One user gets a new password, which ends the old one at once; or two users take turns: the second
 * one is a member of the first and works as it (`SET role`), so it has the same rights and owns nothing itself.
 */
import { escapeIdentifier, escapeLiteral } from 'pg';
import { z } from 'zod';
import type { RotationStrategy } from '../../contracts/rotation.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { readAuthority, type DatabaseCredential } from '../domain/database-secret.ts';
import type { Change, Liveness, Refused, RotationOrder, Rotator } from '../domain/ports.ts';
import { scramVerifier } from '../domain/scram.ts';
import { tlsSettings } from '../domain/tls.ts';
import {
  DONE,
  databaseCommons,
  nextUser,
  readCredentials,
  readUsers,
  refusal,
  type Users,
} from './database-rotator.ts';
import {
  isDeadLogin,
  POSTGRESQL_PORT,
  postgresFault,
  withPostgres,
  type PostgresSession,
} from './postgresql-session.ts';
import { Fault, type Call } from './recorded-calls.ts';

export interface PostgresRotatorOptions {
  readonly clock: Clock;
  /** Random bytes: the salts of passwords. */
  readonly randomBytes: (count: number) => Uint8Array;
}

const settingsSchema = tlsSettings.extend({
  /** What the second user's name has more than the first one's. */
  cloneSuffix: z
    .string()
    .regex(/^[a-z0-9_]{1,20}$/)
    .default('_clone'),
  /** Whether sessions that the old credential has opened are ended when it is retired. */
  endSessions: z.boolean().default(false),
});
type Settings = z.infer<typeof settingsSchema>;

/** Longer names are cut by the server. */
const LONGEST_NAME = 63;
/** SASLprep (RFC 4013) leaves printable ASCII as it is; what it would change could not be typed back in. */
const PRINTABLE = /^[\x20-\x7e]+$/;

/** All that an operation works with, read and checked: the value that it is about, and who may change it. */
interface Subject extends Users {
  readonly settings: Settings;
  readonly credential: DatabaseCredential;
  readonly authority: DatabaseCredential;
}

const ABOUT_POSTGRESQL = {
  kind: 'postgresql',
  settings: settingsSchema,
  overlap: (strategy: RotationStrategy) =>
    strategy === 'alternating_users' ? 'both' : strategy === 'single_user' ? 'one' : undefined,
  needsAuthority: () => true,
  propagationSeconds: 0,
  permission:
    'CREATEROLE, and ADMIN OPTION on the user (its creator has it); to end sessions also the membership in it or pg_signal_backend',
  documentation: 'https://www.postgresql.org/docs/current/sql-alterrole.html',
} as const;

export function createPostgresRotator({ clock, randomBytes }: PostgresRotatorOptions): Rotator {
  /** Reads what an order is about. A value of another server, or of a user that is not its own, is refused. */
  function subjectOf(order: RotationOrder, value: Redacted): Result<Subject, string> {
    if (ABOUT_POSTGRESQL.overlap(order.strategy) === undefined)
      return err(`PostgreSQL users are not rotated by ${order.strategy}`);
    const settings = settingsSchema.parse(order.settings);
    const read = readCredentials(order, value, POSTGRESQL_PORT);
    if (!read.ok) return read;
    const { current, credential } = read.value;
    const users = readUsers(order, read.value, settings.cloneSuffix);
    if (!users.ok) return users;
    const { alternating, base, clone } = users.value;
    if (Buffer.byteLength(clone) > LONGEST_NAME && alternating)
      return err(`the second user's name would be longer than ${LONGEST_NAME} bytes`);
    const authority = readAuthority(order.authority, current);
    if (!authority.ok) return authority;
    if (alternating && [base, clone].includes(authority.value.username))
      return err('the authority is one of the two users: it cannot change itself');
    return ok({ settings, ...users.value, credential, authority: authority.value });
  }

  const asAuthority = <T>(
    call: Call,
    { authority, settings }: Subject,
    work: (session: PostgresSession) => Promise<T>,
  ): Promise<T> =>
    withPostgres(call, authority, settings, async (session) => {
      // Nobody's function or operator stands before the server's own.
      await session.query('SET search_path', 'SET search_path = pg_catalog');
      return work(session);
    });

  async function livenessOf(call: Call, { credential, settings }: Subject): Promise<Liveness> {
    try {
      await withPostgres(call, credential, settings, (session) => session.query('SELECT 1', 'SELECT 1'));
      return { outcome: 'live' };
    } catch (error) {
      if (error instanceof Fault && isDeadLogin(error)) return { outcome: 'dead' };
      throw error;
    }
  }

  /** Whether the credential's password is its user's, even where the user may not log in now. */
  async function isItsPassword(call: Call, { credential, settings }: Subject): Promise<boolean> {
    try {
      await withPostgres(call, credential, settings, async () => undefined);
      return true;
    } catch (error) {
      if (!(error instanceof Fault && isDeadLogin(error))) throw error;
      return error.code === '28000';
    }
  }

  async function setPassword(session: PostgresSession, username: string, password: Redacted): Promise<void> {
    const verifier = escapeLiteral(scramVerifier(password, randomBytes(16)));
    await session.query(
      `ALTER ROLE ${username} LOGIN PASSWORD`,
      `ALTER ROLE ${escapeIdentifier(username)} LOGIN PASSWORD ${verifier}`,
    );
  }

  async function install(call: Call, subject: Subject): Promise<Change> {
    const { alternating, base, clone, credential } = subject;
    const { username, password } = credential;
    if (!PRINTABLE.test(password.reveal()))
      return refusal('the new password holds other characters than printable ASCII: change the generator');
    if ((await livenessOf(call, subject)).outcome === 'live') return DONE;
    return asAuthority(call, subject, async (session) => {
      if (!alternating || username === base) {
        if ((await roleOf(session, username)) === undefined)
          return refusal(`there is no user ${username}: make it, or mend the secret`);
        await setPassword(session, username, password);
        return DONE;
      }
      await session.query('BEGIN', 'BEGIN');
      const refused = await makeMember(session, base, clone);
      if (refused !== undefined) return refused;
      await setPassword(session, clone, password);
      await session.query('COMMIT', 'COMMIT');
      return DONE;
    });
  }

  const { change, ...commons } = databaseCommons<Subject>({
    clock,
    defaultPort: POSTGRESQL_PORT,
    faultOf: postgresFault,
    explain,
    subjectOf,
    livenessOf,
    nextUser,
  });

  return {
    ...ABOUT_POSTGRESQL,
    ...commons,

    install: (order, staged) => change(order, staged, install),

    retire: (order, old) =>
      change(order, old, async (call, subject) => {
        // Of a single user whose password has changed nothing is left to retire; nor where another one is in place.
        if (!(await isItsPassword(call, subject))) return DONE;
        return asAuthority(call, subject, async (session) => {
          const { username } = subject.credential;
          await session.query(
            `ALTER ROLE ${username} NOLOGIN`,
            `ALTER ROLE ${escapeIdentifier(username)} NOLOGIN`,
          );
          if (subject.settings.endSessions)
            await session.query(
              `end sessions of ${username}`,
              'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid()',
              [username],
            );
          return DONE;
        });
      }),

    reinstate: (order, old) =>
      change(order, old, async (call, subject) => {
        if ((await livenessOf(call, subject)).outcome === 'live') return DONE;
        return asAuthority(call, subject, async (session) => {
          const { username, password } = subject.credential;
          if ((await roleOf(session, username)) === undefined)
            return refusal(`there is no user ${username} any more: a person has to make it`);
          await setPassword(session, username, password);
          return DONE;
        });
      }),

    async destroy(order, value) {
      // Passwords are ours: what nobody has kept, nothing opens.
      if (value === undefined) return { answer: DONE, calls: [] };
      return change(order, value, async (call, subject) => {
        const { alternating, clone, credential } = subject;
        if (!alternating || !(await isItsPassword(call, subject))) return DONE;
        return asAuthority(call, subject, (session) => remove(session, credential.username, clone));
      });
    },
  };
}

/** @returns undefined where there is no such role */
async function roleOf(session: PostgresSession, name: string) {
  const [role] = await session.query(
    `look up ${name}`,
    'SELECT rolsuper, rolreplication, rolconnlimit FROM pg_roles WHERE rolname = $1',
    [name],
  );
  return role;
}

/** Makes the second user, within a transaction. @returns why it cannot be */
async function makeMember(
  session: PostgresSession,
  base: string,
  clone: string,
): Promise<Refused | undefined> {
  const of = await roleOf(session, base);
  if (of === undefined) return refusal(`there is no user ${base}: make it, or mend the secret`);
  if (of['rolsuper'] === true || of['rolreplication'] === true)
    return refusal(`${base} is a superuser or replicates, which no membership hands on: rotate it alone`);
  const [b, c] = [escapeIdentifier(base), escapeIdentifier(clone)];
  if ((await roleOf(session, clone)) === undefined) {
    await session.query(`CREATE ROLE ${clone}`, `CREATE ROLE ${c} NOLOGIN INHERIT`);
    await session.query(`GRANT ${base} TO ${clone}`, `GRANT ${b} TO ${c}`);
  } else {
    const [member] = await session.query(
      `look up the membership of ${clone}`,
      'SELECT 1 FROM pg_auth_members WHERE roleid = $1::regrole AND member = $2::regrole',
      [b, c],
    );
    if (member === undefined)
      return refusal(`there is a user ${clone} that is no member of ${base}: it is somebody else's`);
  }
  // A role's settings count for who logs in, not for whom it works as: the second one needs them too.
  const settings = await session.query(
    `read the settings of ${base}`,
    `SELECT d.datname, split_part(one, '=', 1) AS name, substr(one, strpos(one, '=') + 1) AS value
     FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) AS one
     WHERE s.setrole = $1::regrole AND split_part(one, '=', 1) <> 'role'`,
    [b],
  );
  for (const { datname, name, value } of settings) {
    if (typeof name !== 'string') continue;
    const database = typeof datname === 'string' ? `IN DATABASE ${escapeIdentifier(datname)} ` : '';
    // By way of the session: lists are quoted by the server itself so.
    await session.query(`copy ${name}`, 'SELECT set_config($1, $2, true)', [name, value]);
    await session.query(
      `ALTER ROLE ${clone} SET ${name}`,
      `ALTER ROLE ${c} ${database}SET ${escapeIdentifier(name)} FROM CURRENT`,
    );
  }
  const limit = z.int().catch(-1).parse(of['rolconnlimit']);
  await session.query(`ALTER ROLE ${clone} CONNECTION LIMIT`, `ALTER ROLE ${c} CONNECTION LIMIT ${limit}`);
  await session.query(`ALTER ROLE ${clone} SET role`, `ALTER ROLE ${c} SET role = ${escapeLiteral(base)}`);
  return undefined;
}

/** The second user goes; the first one, who owns what there is, stays without a password. */
async function remove(session: PostgresSession, username: string, clone: string): Promise<Change> {
  const quoted = escapeIdentifier(username);
  if (username === clone)
    try {
      await session.query(`DROP ROLE ${username}`, `DROP ROLE IF EXISTS ${quoted}`);
      return DONE;
    } catch (error) {
      // Somebody granted it something of its own.
      if (!(error instanceof Fault && error.code === '2BP01')) throw error;
    }
  await session.query(
    `ALTER ROLE ${username} NOLOGIN PASSWORD NULL`,
    `ALTER ROLE ${quoted} NOLOGIN PASSWORD NULL`,
  );
  return DONE;
}

/** What a fault means to who changes something; what else there is may pass by itself. */
function explain({ code, detail }: Fault): Refused | undefined {
  if (code === 'TLS_IS_OFF') return refusal(detail ?? '');
  if (code === 'NO_TLS') return refusal('the server speaks no TLS: nothing was sent');
  if (/^(?:28|42501)/.test(code))
    return refusal(`PostgreSQL: ${code}, the authority may not log in or may not change the user`);
  return /^(?:22|23|42)/.test(code) ? refusal(`PostgreSQL: ${code}, it does not take the change`) : undefined;
}
