/**
 * Users of Redis. A user has a set of passwords: the new one joins the old one, and the old one leaves. Only hashes of
 * them are sent, so no slow log and no monitor of the server sees a password.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { RotationStrategy } from '../../contracts/rotation.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import { err, ok, type Result } from '../../kernel/result.ts';
import { readAuthority, type DatabaseCredential } from '../domain/database-secret.ts';
import type { Change, Liveness, Refused, RotationOrder, Rotator } from '../domain/ports.ts';
import { tlsSettings } from '../domain/tls.ts';
import { DONE, databaseCommons, readCredentials, refusal } from './database-rotator.ts';
import { Fault, type Call } from './recorded-calls.ts';
import { isDeadRedisLogin, REDIS_PORT, redisFault, withRedis, type RedisSession } from './redis-session.ts';

const settingsSchema = tlsSettings.extend({
  /** Where the server keeps its users over a restart: what it forgets, nobody can log in with. `managed`: it sees to it. */
  persist: z.enum(['acl_file', 'config_file', 'managed']),
  /** Whether the user's connections are ended when the old password is retired; those with the new one connect again. */
  endSessions: z.boolean().default(false),
});
type Settings = z.infer<typeof settingsSchema>;

interface Subject {
  readonly settings: Settings;
  readonly credential: DatabaseCredential;
  readonly authority: DatabaseCredential;
}

const hashOf = (password: Redacted): string => createHash('sha256').update(password.reveal()).digest('hex');
const SAVE = { acl_file: ['ACL', 'SAVE'], config_file: ['CONFIG', 'REWRITE'] } as const;

const ABOUT_REDIS = {
  kind: 'redis',
  settings: settingsSchema,
  overlap: (strategy: RotationStrategy) => (strategy === 'single_user' ? 'both' : undefined),
  needsAuthority: () => true,
  propagationSeconds: 0,
  permission: '+acl|getuser +acl|setuser, with what keeps it +acl|save or +config|rewrite, and +client|kill',
  documentation: 'https://redis.io/docs/latest/commands/acl-setuser/',
} as const;

export function createRedisRotator({ clock }: { readonly clock: Clock }): Rotator {
  function subjectOf(order: RotationOrder, value: Redacted): Result<Subject, string> {
    if (ABOUT_REDIS.overlap(order.strategy) === undefined)
      return err(`Redis users are not rotated by ${order.strategy}: one user has room for two passwords`);
    const settings = settingsSchema.parse(order.settings);
    const read = readCredentials(order, value, REDIS_PORT);
    if (!read.ok) return read;
    const { current, credential } = read.value;
    const { username } = credential;
    if (username !== current.username) return err('the value names a user that is not of this secret');
    if (/[\s\0]/.test(username)) return err('the name of a user of Redis holds no white space');
    const authority = readAuthority(order.authority, current);
    if (!authority.ok) return authority;
    return ok({ settings, credential, authority: authority.value });
  }

  async function livenessOf(call: Call, { credential, settings }: Subject): Promise<Liveness> {
    try {
      await withRedis(call, credential, settings, async () => undefined);
      return { outcome: 'live' };
    } catch (error) {
      if (error instanceof Fault && isDeadRedisLogin(error)) return { outcome: 'dead' };
      throw error;
    }
  }

  const asAuthority = <T>(
    call: Call,
    { authority, settings }: Subject,
    work: (session: RedisSession) => Promise<T>,
  ): Promise<T> => withRedis(call, authority, settings, work);

  async function keep(session: RedisSession, { settings }: Subject): Promise<void> {
    if (settings.persist === 'managed') return;
    const [command, what] = SAVE[settings.persist];
    await session.send(`${command} ${what}`, command, what);
  }

  const add = (call: Call, subject: Subject): Promise<Change> =>
    asAuthority(call, subject, async (session) => {
      const { username, password } = subject.credential;
      const flags = flagsOf(await session.send(`ACL GETUSER ${username}`, 'ACL', 'GETUSER', username));
      if (flags === undefined) return refusal(`there is no user ${username}: make it, or mend the secret`);
      if (flags.includes('nopass'))
        return refusal(`the user ${username} is let in with any password: no rotation would change that`);
      await session.send(`ACL SETUSER ${username} #`, 'ACL', 'SETUSER', username, `#${hashOf(password)}`);
      await keep(session, subject);
      return DONE;
    });

  const drop = (call: Call, subject: Subject): Promise<Change> =>
    asAuthority(call, subject, async (session) => {
      const { username, password } = subject.credential;
      try {
        await session.send(`ACL SETUSER ${username} !`, 'ACL', 'SETUSER', username, `!${hashOf(password)}`);
      } catch (error) {
        const gone = error instanceof Fault && /does not exist/.test(error.detail ?? '');
        if (!gone) throw error;
      }
      await keep(session, subject);
      if (subject.settings.endSessions)
        await session.send(`CLIENT KILL USER ${username}`, 'CLIENT', 'KILL', 'USER', username);
      return DONE;
    });

  const { change, ...commons } = databaseCommons<Subject>({
    clock,
    defaultPort: REDIS_PORT,
    faultOf: redisFault,
    explain,
    subjectOf,
    livenessOf,
    nextUser: ({ credential }) => credential.username,
  });

  return {
    ...ABOUT_REDIS,
    ...commons,

    // Also where it works already: an attempt may have died before the server had kept it.
    install: (order, staged) => change(order, staged, add),

    retire: (order, old) => change(order, old, drop),
    reinstate: (order, old) => change(order, old, add),

    async destroy(order, value) {
      // Passwords are ours: what nobody has kept, nothing opens.
      return value === undefined ? { answer: DONE, calls: [] } : change(order, value, drop);
    },
  };
}

const userReply = z.array(z.unknown());
const flagList = z.array(z.string());

/** @returns undefined where there is no such user */
function flagsOf(reply: unknown): readonly string[] | undefined {
  if (reply === null) return undefined;
  const fields = userReply.parse(reply);
  return flagList.parse(fields[fields.indexOf('flags') + 1]);
}

/** What a fault means to who changes something; what else there is may pass by itself. */
function explain({ code, detail }: Fault): Refused | undefined {
  if (code === 'TLS_IS_OFF') return refusal(detail ?? '');
  if (code === 'WRONGPASS' || code === 'NOPERM' || code === 'NOAUTH')
    return refusal(`Redis: ${code}, the authority may not log in or may not change the user`);
  if (/not configured to use an ACL file|without a config file/.test(detail ?? ''))
    return refusal('the server keeps its users in no such file: set `persist` to what it has');
  return code === 'ERR' ? refusal('Redis: ERR, it does not take the change') : undefined;
}
