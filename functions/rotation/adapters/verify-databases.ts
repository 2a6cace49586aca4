/** Tests that log in at a database as a service would, and where the policy says so also read something. */
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import type { Told } from '../../kernel/provider-call.ts';
import { readDatabaseSecret, type DatabaseCredential } from '../domain/database-secret.ts';
import type { TestOutcome, Verifier } from '../domain/ports.ts';
import { tlsSettings, type TlsSettings } from '../domain/tls.ts';
import { isDeadMysqlLogin, MYSQL_PORT, mysqlFault, withMysql } from './mysql-session.ts';
import { isDeadLogin, POSTGRESQL_PORT, postgresFault, withPostgres } from './postgresql-session.ts';
import { recordCalls, type Call, type Fault } from './recorded-calls.ts';
import { isDeadRedisLogin, REDIS_PORT, redisFault, withRedis } from './redis-session.ts';

const PASSED = { outcome: 'passed' } as const;
const failed = (reason: string): TestOutcome => ({ outcome: 'failed', reason });

const sqlSettings = tlsSettings.extend({
  /** A statement that has to succeed, in a transaction that can only read: the rights are there as well. */
  query: z.string().min(1).max(2_000).optional(),
});

const redisSettings = tlsSettings.extend({
  /** A command that has to succeed, e.g. `["GET", "orders:1"]`. */
  command: z.tuple([z.string().min(1)], z.string()).optional(),
});

interface Examination<S extends TlsSettings> {
  readonly clock: Clock;
  readonly settings: S;
  readonly credential: DatabaseCredential;
  readonly faultOf: (error: unknown) => Fault | undefined;
  readonly isDead: (fault: Fault) => boolean;
  /** Codes with which the server says that the value may not do this, or that what it names is not there. */
  readonly forbidden: RegExp;
}

function examine<S extends TlsSettings>(
  name: string,
  { clock, faultOf, isDead, forbidden }: Examination<S>,
  work: (call: Call) => Promise<TestOutcome>,
): Promise<Told<TestOutcome>> {
  return recordCalls<TestOutcome>(clock, faultOf, work, (fault) => {
    if (isDead(fault)) return failed(`${name} does not let it in (${fault.code})`);
    if (fault.code === 'TLS_IS_OFF') return failed(fault.detail ?? '');
    return forbidden.test(fault.code) ? failed(`${name}: ${fault.code}, it may not do this`) : undefined;
  });
}

export function createPostgresVerifier(clock: Clock): Verifier {
  return {
    kind: 'postgresql',
    settings: sqlSettings,
    documentation: 'https://www.postgresql.org/docs/current/protocol-flow.html',
    async run({ settings: given, value }) {
      const settings = sqlSettings.parse(given);
      const read = readDatabaseSecret(value, POSTGRESQL_PORT);
      if (!read.ok) return { answer: failed(read.error), calls: [] };
      const credential = read.value;
      const isDead = isDeadLogin;
      const it = {
        clock,
        settings,
        credential,
        faultOf: postgresFault,
        isDead,
        forbidden: /^(?:25006|28000|3D000|42)/,
      };
      return examine('PostgreSQL', it, (call) =>
        withPostgres(call, credential, settings, async (session) => {
          const { query } = settings;
          await session.query('BEGIN READ ONLY', 'BEGIN READ ONLY');
          await session.query(query === undefined ? 'SELECT 1' : "the test's query", query ?? 'SELECT 1');
          return PASSED;
        }),
      );
    },
  };
}

export function createMysqlVerifier(clock: Clock): Verifier {
  return {
    kind: 'mysql',
    settings: sqlSettings,
    documentation: 'https://dev.mysql.com/doc/refman/8.4/en/connecting.html',
    async run({ settings: given, value }) {
      const settings = sqlSettings.parse(given);
      const read = readDatabaseSecret(value, MYSQL_PORT);
      if (!read.ok) return { answer: failed(read.error), calls: [] };
      const credential = read.value;
      const isDead = isDeadMysqlLogin;
      const it = {
        ...{ clock, settings, credential, faultOf: mysqlFault, isDead },
        forbidden: /^(?:1044|1049|1064|1142|1143|1146|1227|1792)$/,
      };
      return examine('MySQL', it, (call) =>
        withMysql(
          call,
          credential,
          settings,
          async (session) => {
            const { query } = settings;
            await session.query('START TRANSACTION READ ONLY', 'START TRANSACTION READ ONLY');
            await session.query(query === undefined ? 'SELECT 1' : "the test's query", query ?? 'SELECT 1');
            return PASSED;
          },
          credential.dbname,
        ),
      );
    },
  };
}

export function createRedisVerifier(clock: Clock): Verifier {
  return {
    kind: 'redis',
    settings: redisSettings,
    documentation: 'https://redis.io/docs/latest/commands/auth/',
    async run({ settings: given, value }) {
      const settings = redisSettings.parse(given);
      const read = readDatabaseSecret(value, REDIS_PORT);
      if (!read.ok) return { answer: failed(read.error), calls: [] };
      const credential = read.value;
      const isDead = isDeadRedisLogin;
      const it = {
        clock,
        settings,
        credential,
        faultOf: redisFault,
        isDead,
        forbidden: /^(?:NOPERM|ERR|WRONGTYPE)$/,
      };
      return examine('Redis', it, (call) =>
        withRedis(call, credential, settings, async (session) => {
          const { command } = settings;
          if (command !== undefined) await session.send(command[0], ...command);
          return PASSED;
        }),
      );
    },
  };
}
