/**
 * Users of MySQL and MariaDB. MySQL lets one user have two passwords (`RETAIN CURRENT PASSWORD`); with MariaDB a new one
 * ends the old one at once, or two users take turns, the second one made with the rights of the first.
 */
import { escape } from 'mysql2';
import { z } from 'zod';
import type { RotationStrategy } from '../../contracts/rotation.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { readAuthority, type DatabaseCredential } from '../domain/database-secret.ts';
import { grantsFor, nativeHash, quotedAccount, requirementOf } from '../domain/mysql-account.ts';
import type { Change, Liveness, Overlap, Refused, RotationOrder, Rotator } from '../domain/ports.ts';
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
  isDeadMysqlLogin,
  MYSQL_PORT,
  mysqlFault,
  withMysql,
  type MysqlSession,
  type Row,
} from './mysql-session.ts';
import { Fault, type Call } from './recorded-calls.ts';

const settingsSchema = tlsSettings.extend({
  /** Only MySQL, from 8.0.14 on, knows two passwords of one user. */
  server: z.enum(['mysql', 'mariadb']),
  /** Where the user may come from, as its account says: `'app'@'%'`. */
  accountHost: z
    .string()
    .regex(/^[\w.%:/-]{1,255}$/)
    .default('%'),
  cloneSuffix: z
    .string()
    .regex(/^[a-z0-9_]{1,20}$/)
    .default('_clone'),
  /** Whether connections that the old credential has opened are ended when it is retired. */
  endSessions: z.boolean().default(false),
});
type Settings = z.infer<typeof settingsSchema>;

interface Subject extends Users {
  readonly settings: Settings;
  readonly credential: DatabaseCredential;
  readonly authority: DatabaseCredential;
}

/** Characters that the name of a user may have. */
const LONGEST_NAME = { mysql: 32, mariadb: 80 } as const;

const ABOUT_MYSQL = {
  kind: 'mysql',
  settings: settingsSchema,
  overlap(strategy: RotationStrategy, settings: unknown): Overlap | undefined {
    if (strategy === 'alternating_users') return 'both';
    if (strategy !== 'single_user') return undefined;
    return settingsSchema.parse(settings).server === 'mysql' ? 'both' : 'one';
  },
  needsAuthority: () => true,
  propagationSeconds: 0,
  permission:
    'CREATE USER; for one user of MySQL APPLICATION_PASSWORD_ADMIN; for two users SELECT on the mysql schema and the rights of the first with GRANT OPTION; to end connections CONNECTION_ADMIN or SUPER',
  documentation: 'https://dev.mysql.com/doc/refman/8.4/en/password-management.html#dual-passwords',
} as const;

export function createMysqlRotator({ clock }: { readonly clock: Clock }): Rotator {
  function subjectOf(order: RotationOrder, value: Redacted): Result<Subject, string> {
    if (order.strategy !== 'alternating_users' && order.strategy !== 'single_user')
      return err(`MySQL users are not rotated by ${order.strategy}`);
    const settings = settingsSchema.parse(order.settings);
    const read = readCredentials(order, value, MYSQL_PORT);
    if (!read.ok) return read;
    const { current, credential } = read.value;
    const users = readUsers(order, read.value, settings.cloneSuffix);
    if (!users.ok) return users;
    const { alternating, base, clone } = users.value;
    const longest = LONGEST_NAME[settings.server];
    if (alternating && clone.length > longest)
      return err(`the second user's name would be longer than ${longest} characters`);
    const authority = readAuthority(order.authority, current);
    if (!authority.ok) return authority;
    if ((alternating ? [base, clone] : [base]).includes(authority.value.username))
      return err('the authority is the user itself: it cannot take back what it did to itself');
    return ok({ settings, ...users.value, credential, authority: authority.value });
  }

  const asAuthority = (
    call: Call,
    { authority, settings }: Subject,
    work: (session: MysqlSession) => Promise<Change>,
  ): Promise<Change> =>
    withMysql(call, authority, settings, async (session) => {
      // Values are escaped by backslashes: no mode may take those for themselves.
      await session.query('SET sql_mode', "SET SESSION sql_mode = ''");
      const [told] = await session.query('SELECT VERSION()', 'SELECT VERSION() AS version');
      const isMariadb = String(told?.['version']).includes('MariaDB');
      if (isMariadb !== (settings.server === 'mariadb'))
        return refusal(`the server is ${isMariadb ? 'MariaDB' : 'MySQL'}: set \`server\` so`);
      return work(session);
    });

  async function livenessOf(call: Call, { credential, settings }: Subject): Promise<Liveness> {
    try {
      await withMysql(call, credential, settings, async () => undefined);
      return { outcome: 'live' };
    } catch (error) {
      if (error instanceof Fault && isDeadMysqlLogin(error)) return { outcome: 'dead' };
      throw error;
    }
  }
  const isLive = async (call: Call, subject: Subject) => (await livenessOf(call, subject)).outcome === 'live';

  const accountOf = ({ settings }: Subject, user: string): string =>
    `${escape(user)}@${escape(settings.accountHost)}`;

  /** How a statement names the password: where the server takes a hash, the hash. */
  const identifiedBy = ({ settings, credential }: Subject): string =>
    settings.server === 'mariadb'
      ? `IDENTIFIED BY PASSWORD ${escape(nativeHash(credential.password))}`
      : `IDENTIFIED BY ${escape(credential.password.reveal())}`;

  async function setPassword(session: MysqlSession, subject: Subject, more: string): Promise<void> {
    const { username } = subject.credential;
    await session.query(
      `ALTER USER ${username} IDENTIFIED${more}`,
      `ALTER USER ${accountOf(subject, username)} ${identifiedBy(subject)}${more}`,
    );
  }

  const exists = async (session: MysqlSession, { settings }: Subject, user: string): Promise<boolean> => {
    const found = await session.query(
      `look up ${user}`,
      'SELECT 1 FROM mysql.user WHERE User = ? AND Host = ?',
      [user, settings.accountHost],
    );
    return found.length > 0;
  };

  async function lock(session: MysqlSession, subject: Subject, user: string): Promise<void> {
    await session.query(
      `ALTER USER ${user} ACCOUNT LOCK`,
      `ALTER USER ${accountOf(subject, user)} ACCOUNT LOCK`,
    );
  }

  /** Makes the second user with the first one's rights, locked until all of them are there. */
  async function copyAccount(session: MysqlSession, subject: Subject): Promise<Refused | undefined> {
    const { base, clone, settings } = subject;
    const [from, to] = [accountOf(subject, base), accountOf(subject, clone)];
    const [shown] = await session.query(`SHOW CREATE USER ${base}`, `SHOW CREATE USER ${from}`);
    const requirement = requirementOf(firstText(shown));
    const listed = await session.query(`SHOW GRANTS FOR ${base}`, `SHOW GRANTS FOR ${from}`);
    const grants = grantsFor(
      listed.map(firstText),
      quotedAccount(base, settings.accountHost),
      quotedAccount(clone, settings.accountHost),
    );
    if (grants === undefined)
      return refusal(`a right of ${base} could not be read: nothing was changed; rotate it alone`);
    // Whatever stands there is retired or unfinished: the rights are given anew each time, so none is left over.
    await session.query(`DROP USER ${clone}`, `DROP USER IF EXISTS ${to}`);
    await session.query(
      `CREATE USER ${clone} ACCOUNT LOCK`,
      `CREATE USER ${to} ${identifiedBy(subject)}${requirement} ACCOUNT LOCK`,
    );
    for (const [index, grant] of grants.entries())
      await session.query(`give ${clone} right ${index + 1} of ${grants.length}`, grant);
    await session.query(`ALTER USER ${clone} ACCOUNT UNLOCK`, `ALTER USER ${to} ACCOUNT UNLOCK`);
    return undefined;
  }

  async function install(call: Call, subject: Subject): Promise<Change> {
    const { alternating, base, clone, settings, credential } = subject;
    if (await isLive(call, subject)) return DONE;
    return asAuthority(call, subject, async (session) => {
      if (!(await exists(session, subject, base)))
        return refusal(`there is no user ${base}@${settings.accountHost}: make it, or mend the secret`);
      if (alternating && credential.username === clone) return (await copyAccount(session, subject)) ?? DONE;
      if (alternating || settings.server === 'mariadb' || (await isLocked(session, subject))) {
        await setPassword(session, subject, ' ACCOUNT UNLOCK');
        return DONE;
      }
      await setPassword(session, subject, ' RETAIN CURRENT PASSWORD');
      return DONE;
    });
  }

  async function isLocked(session: MysqlSession, { base, settings }: Subject): Promise<boolean> {
    const [found] = await session.query(
      `look up the lock of ${base}`,
      'SELECT account_locked FROM mysql.user WHERE User = ? AND Host = ?',
      [base, settings.accountHost],
    );
    return found?.['account_locked'] === 'Y';
  }

  async function retire(call: Call, subject: Subject): Promise<Change> {
    const { alternating, settings, credential } = subject;
    if (!(await isLive(call, subject))) return DONE;
    return asAuthority(call, subject, async (session) => {
      const { username } = credential;
      if (!alternating && settings.server === 'mysql') await discardOld(session, subject);
      // Of a single user the password is still the one that counts: nothing new is in place, all of it has to stop.
      if (alternating || (await isLive(call, subject))) await lock(session, subject, username);
      if (settings.endSessions) await endSessions(session, username);
      return DONE;
    });
  }

  const discardOld = (session: MysqlSession, subject: Subject) =>
    session.query(
      `ALTER USER ${subject.base} DISCARD OLD PASSWORD`,
      `ALTER USER ${accountOf(subject, subject.base)} DISCARD OLD PASSWORD`,
    );

  async function reinstate(call: Call, subject: Subject): Promise<Change> {
    if (await isLive(call, subject)) return DONE;
    const { alternating, settings, credential } = subject;
    return asAuthority(call, subject, async (session) => {
      if (!(await exists(session, subject, credential.username)))
        return refusal(`there is no user ${credential.username} any more: a person has to make it`);
      const both = !alternating && settings.server === 'mysql' && !(await isLocked(session, subject));
      await setPassword(session, subject, both ? ' RETAIN CURRENT PASSWORD' : ' ACCOUNT UNLOCK');
      return DONE;
    });
  }

  /** @param current what has to go on working where the user is shared */
  async function destroy(call: Call, subject: Subject, current: Subject): Promise<Change> {
    const { alternating, base, clone, settings, credential } = subject;
    const { username } = credential;
    if (alternating) {
      if (username === clone)
        return asAuthority(call, subject, async (session) => {
          // A password that is not this one is another rotation's.
          if ((await exists(session, subject, clone)) && !(await isItsPassword(call, session, subject)))
            return DONE;
          await session.query(`DROP USER ${clone}`, `DROP USER IF EXISTS ${accountOf(subject, clone)}`);
          return DONE;
        });
      return asAuthority(call, subject, async (session) => {
        if (await isLive(call, subject)) await lock(session, subject, base);
        return DONE;
      });
    }
    if (settings.server === 'mariadb' || !(await isLive(call, subject))) return DONE;
    return asAuthority(call, subject, async (session) => {
      if (
        credential.password.reveal() === current.credential.password.reveal() ||
        !(await isLive(call, current))
      ) {
        await discardOld(session, subject);
        return DONE;
      }
      // The new one is in front, the old one behind it: the old one comes to the front, then nothing stays behind.
      await setPassword(session, current, '');
      await discardOld(session, subject);
      return DONE;
    });
  }

  /** Whether the account has this password, although it may be locked. */
  async function isItsPassword(call: Call, session: MysqlSession, subject: Subject): Promise<boolean> {
    if (await isLive(call, subject)) return true;
    const { settings, credential } = subject;
    if (settings.server === 'mariadb') {
      const [found] = await session.query(
        `compare the password of ${credential.username}`,
        'SELECT Password = ? AS same FROM mysql.user WHERE User = ? AND Host = ?',
        [nativeHash(credential.password), credential.username, settings.accountHost],
      );
      return found?.['same'] === 1;
    }
    // MySQL says of a locked account that it is locked only to who knows its password.
    return withMysql(call, credential, settings, async () => true).catch((error: unknown) => {
      if (error instanceof Fault && isDeadMysqlLogin(error)) return error.code === '3118';
      throw error;
    });
  }

  const { change, ...commons } = databaseCommons<Subject>({
    clock,
    defaultPort: MYSQL_PORT,
    faultOf: mysqlFault,
    explain,
    subjectOf,
    livenessOf,
    nextUser,
  });

  return {
    ...ABOUT_MYSQL,
    ...commons,

    install: (order, staged) => change(order, staged, install),

    retire: (order, old) => change(order, old, retire),
    reinstate: (order, old) => change(order, old, reinstate),

    async destroy(order, value) {
      // Passwords are ours: what nobody has kept, nothing opens.
      if (value === undefined) return { answer: DONE, calls: [] };
      const current = subjectOf(order, order.current);
      if (!current.ok) return { answer: refusal(current.error), calls: [] };
      return change(order, value, (call, subject) => destroy(call, subject, current.value));
    },
  };
}

async function endSessions(session: MysqlSession, user: string): Promise<void> {
  const open = await session.query(
    `look up connections of ${user}`,
    'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = ?',
    [user],
  );
  for (const { id } of open) {
    if (typeof id !== 'number') continue;
    // Gone by itself meanwhile (1094) is as good.
    await session.query(`KILL ${id}`, 'KILL ?', [id]).catch((error: unknown) => {
      if (!(error instanceof Fault && error.code === '1094')) throw error;
    });
  }
}

/** Of a row with one column, whatever its name is: the names hold the account. */
function firstText(row: Row | undefined): string {
  const [first] = Object.values(row ?? {});
  return typeof first === 'string' ? first : '';
}

/** What a fault means to who changes something; what else there is may pass by itself. */
function explain({ code, detail }: Fault): Refused | undefined {
  if (code === 'TLS_IS_OFF') return refusal(detail ?? '');
  if (code === 'NO_TLS') return refusal('the server speaks no TLS: nothing was sent');
  if (/^(?:1044|1045|1142|1227|1698|1410|3118|4151)$/.test(code))
    return refusal(`MySQL: ${code}, the authority may not log in or may not change the user`);
  return /^(?:1064|1396|1819|3878|3894)$/.test(code)
    ? refusal(`MySQL: ${code}, it does not take the change`)
    : undefined;
}
