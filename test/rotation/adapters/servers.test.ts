/** The servers that rotators are tested against: real ones, brought by the project itself. */
import { existsSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { makeCertificate } from '../../support/certificate.ts';
import { findMariadb, startMariadb } from '../../support/mariadb-server.ts';
import { hasPostgres, startPostgres } from '../../support/postgres-server.ts';
import { freePort, serverDirectory, startServer } from '../../support/server-process.ts';

const certificate = makeCertificate();

test.skipIf(!hasPostgres())(
  'a PostgreSQL starts, speaks TLS and takes passwords by SCRAM alone',
  async () => {
    const server = await startPostgres({ certificate });
    const { host, port, database, user, password } = server;
    const ssl = { ca: certificate.certificate };
    const client = new Client({ host, port, database, user, password, ssl });
    await client.connect();
    const { rows } = await client.query<{ secured: boolean; kind: string }>(
      `SELECT ssl AS secured, left(rolpassword, 13) AS kind
     FROM pg_stat_ssl, pg_authid WHERE pid = pg_backend_pid() AND rolname = current_user`,
    );
    expect(rows).toStrictEqual([{ secured: true, kind: 'SCRAM-SHA-256' }]);
    const stranger = new Client({ host, port, database, user, password: 'another', ssl });
    await expect(stranger.connect()).rejects.toMatchObject({ code: '28P01' });
    await client.end();
    await server.stop();
  },
);

test('a MariaDB starts, speaks TLS and knows its passwords', async ({ skip }) => {
  const installation = await findMariadb();
  if (installation === undefined) return skip('this machine can have no MariaDB');
  const server = await startMariadb(installation, certificate);
  const { host, port, user, password } = server;
  const ssl = { ca: certificate.certificate };
  const connection = await createConnection({ host, port, user, password, ssl });
  const [rows] = await connection.query("SHOW STATUS LIKE 'Ssl_cipher'");
  expect(JSON.stringify(rows)).toMatch(/"Ssl_cipher","Value":"TLS_/);
  await connection.end();
  await expect(createConnection({ host, port, user, password: 'another', ssl })).rejects.toMatchObject({
    code: 'ER_ACCESS_DENIED_ERROR',
  });
  await server.stop();
});

test('a server that cannot start says what it said, and keeps its log', async () => {
  const directory = await serverDirectory('broken');
  const starting = startServer({
    name: 'Broken',
    command: process.execPath,
    args: ['-e', 'console.error("no room on the device"); process.exit(3)'],
    directory,
    async ready() {
      const port = await freePort();
      await fetch(`http://127.0.0.1:${port}`);
    },
  });
  await expect(starting).rejects.toThrow(/Broken did not start\. .*server\.log ends with:\nno room/);
  expect(existsSync(`${directory}/server.log`)).toBe(true);
});
