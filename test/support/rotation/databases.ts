/** Rotators of databases before real servers, with users whose names would break out of a statement that does not quote. */
import { randomBytes } from 'node:crypto';
import { createClient } from '@redis/client';
import { createConnection } from 'mysql2/promise';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import { guardRotator } from '../../../functions/rotation/adapters/guard-rotator.ts';
import { createMysqlRotator } from '../../../functions/rotation/adapters/mysql.ts';
import { createPostgresRotator } from '../../../functions/rotation/adapters/postgresql.ts';
import { createRedisRotator } from '../../../functions/rotation/adapters/redis.ts';
import type { Certificate } from '../certificate.ts';
import type { MariadbServer } from '../mariadb-server.ts';
import type { PostgresServer } from '../postgres-server.ts';
import { startRedis } from '../redis-server.ts';
import { startWay } from './way.ts';
import type { RotatorUnderTest } from './rotator-contract.ts';

const NASTY = `o'r"d;er\\s --`;
const firstPassword = () => randomBytes(24).toString('hex');

const elsewhere = (current: Redacted): Redacted =>
  new Redacted(JSON.stringify({ ...(JSON.parse(current.reveal()) as object), host: '127.0.0.9' }));

/** A PostgreSQL that speaks TLS; each issue is a user with a table of its own. */
export async function openPostgres(
  server: PostgresServer,
  certificate: Certificate,
): Promise<RotatorUnderTest> {
  const way = await startWay(server.port);
  const { host, database, user, password } = server;
  const { port } = way;
  const ssl = { ca: certificate.certificate };
  const admin = new Client({ host, port: server.port, database, user, password, ssl });
  await admin.connect();
  return {
    rotator: guardRotator(createPostgresRotator({ clock: systemClock, randomBytes })),
    outage: way.outage,
    foreign: elsewhere,
    async issue(seed) {
      const unique = `${seed}_${firstPassword().slice(0, 6)}`;
      const username = `${NASTY} ${unique}`;
      const first = firstPassword();
      const table = `t${unique}`;
      const [role, literal] = [escapeIdentifier(username), escapeLiteral(first)];
      await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD ${literal} CONNECTION LIMIT 7`);
      await admin.query(`CREATE SCHEMA ${table} AUTHORIZATION ${role}`);
      await admin.query(`ALTER ROLE ${role} SET search_path = ${table}, public`);
      await admin.query(`CREATE TABLE ${table}.orders (id int); INSERT INTO ${table}.orders VALUES (1)`);
      await admin.query(`ALTER TABLE ${table}.orders OWNER TO ${role}`);
      const secret = { engine: 'postgres', host, port, dbname: database, username, password: first };
      return {
        current: new Redacted(JSON.stringify(secret)),
        authority: new Redacted(JSON.stringify({ host, port, username: user, password })),
        settings: { tls: 'verify', ca: certificate.certificate, endSessions: true },
        async works(value) {
          const { username: name, password: word } = JSON.parse(value.reveal()) as Record<string, string>;
          const client = new Client({ host, port: server.port, database, user: name, password: word, ssl });
          try {
            await client.connect();
            // What a service does: it reads, and changes what it owns, by the names that its search path finds.
            await client.query('ALTER TABLE orders ADD COLUMN IF NOT EXISTS note text');
            await client.query('SELECT note FROM orders');
            return true;
          } catch {
            return false;
          } finally {
            await client.end();
          }
        },
      };
    },
    async close() {
      await admin.end();
      await way.close();
    },
  };
}

/** A Redis; each issue is a user with keys of its own. @param binary the server's program */
export async function openRedis(binary: string): Promise<RotatorUnderTest> {
  const password = firstPassword();
  const server = await startRedis(binary, password);
  const way = await startWay(Number(new URL(server.url).port));
  const { port } = way;
  const admin = createClient({ url: server.url });
  admin.on('error', () => undefined);
  await admin.connect();
  return {
    rotator: guardRotator(createRedisRotator({ clock: systemClock })),
    outage: way.outage,
    foreign: elsewhere,
    async issue(seed) {
      const username = `o'r"der-${seed}`;
      const first = firstPassword();
      await admin.sendCommand(['ACL', 'SETUSER', username, 'on', `>${first}`, '~orders:*', '+set', '+get']);
      const secret = { host: '127.0.0.1', port, username, password: first };
      return {
        current: new Redacted(JSON.stringify(secret)),
        authority: new Redacted(JSON.stringify({ ...secret, username: 'default', password })),
        settings: { tls: 'off', persist: 'managed', endSessions: true },
        async works(value) {
          const { username: name, password: word } = JSON.parse(value.reveal()) as Record<string, string>;
          const url = server.url.replace(/\/\/.*@/, '//');
          const client = createClient({
            url,
            username: name ?? '',
            password: word ?? '',
            socket: { reconnectStrategy: false },
          });
          client.on('error', () => undefined);
          try {
            await client.connect();
            await client.set('orders:1', 'paid');
            return true;
          } catch {
            return false;
          } finally {
            client.destroy();
          }
        },
        async count() {
          const found = await admin.sendCommand<object>(['ACL', 'GETUSER', username]);
          const fields: unknown[] = Array.isArray(found) ? found : Object.entries(found).flat();
          return (fields[fields.indexOf('passwords') + 1] as unknown[]).length;
        },
      };
    },
    async close() {
      admin.destroy();
      await way.close();
      await server.stop();
    },
  };
}

/** A MariaDB or MySQL; each issue is a user with a schema, a role and TLS demanded. */
export async function openMysql(
  server: Pick<MariadbServer, 'host' | 'port' | 'user' | 'password'>,
  kind: 'mysql' | 'mariadb',
  ca: string | undefined,
): Promise<RotatorUnderTest> {
  const way = await startWay(server.port);
  const { user, password } = server;
  const { port } = way;
  const tls = ca === undefined ? { tls: 'off' } : { tls: 'verify', ca };
  const ssl = ca === undefined ? {} : { ssl: { ca } };
  const admin = await createConnection({ host: '127.0.0.1', port: server.port, user, password, ...ssl });
  return {
    rotator: guardRotator(createMysqlRotator({ clock: systemClock })),
    outage: way.outage,
    foreign: elsewhere,
    async issue() {
      const unique = firstPassword().slice(0, 6);
      const username = `o'r"d\`\\er -${unique}`;
      const first = firstPassword();
      const account = admin.escape(username);
      const needs = ca === undefined ? '' : ' REQUIRE SSL';
      await admin.query(`CREATE DATABASE db${unique}`);
      await admin.query(`CREATE TABLE db${unique}.orders (id int)`);
      await admin.query(`CREATE USER ${account}@'%' IDENTIFIED BY '${first}'${needs}`);
      await admin.query(`GRANT SELECT, INSERT ON db${unique}.* TO ${account}@'%' WITH GRANT OPTION`);
      const secret = {
        engine: kind,
        host: '127.0.0.1',
        port,
        dbname: `db${unique}`,
        username,
        password: first,
      };
      return {
        current: new Redacted(JSON.stringify(secret)),
        authority: new Redacted(JSON.stringify({ host: '127.0.0.1', port, username: user, password })),
        settings: { ...tls, server: kind, endSessions: true },
        async works(value) {
          const { username: name, password: word } = JSON.parse(value.reveal()) as Record<string, string>;
          try {
            const connection = await createConnection({
              ...{ host: '127.0.0.1', port: server.port, user: name, password: word, ...ssl },
              database: `db${unique}`,
            });
            await connection.query('INSERT INTO orders VALUES (1)');
            await connection.end();
            return true;
          } catch {
            return false;
          }
        },
      };
    },
    async close() {
      await admin.end();
      await way.close();
    },
  };
}
