import { afterAll, describe, test } from 'vitest';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { createMysqlVerifier } from '../../../functions/rotation/adapters/verify-databases.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { findMariadb, startMariadb } from '../../support/mariadb-server.ts';
import { databaseVerifierContract } from '../../support/rotation/database-verifier-contract.ts';
import { openMysql } from '../../support/rotation/databases.ts';
import { rotatorContract, type RotatorUnderTest } from '../../support/rotation/rotator-contract.ts';

function contracts(kind: 'mysql' | 'mariadb', open: () => Promise<RotatorUnderTest>): void {
  const traits = { drawn: false, reinstates: true };
  rotatorContract(`one user of ${kind}`, { strategy: 'single_user', ...traits }, open);
  rotatorContract(`two users of ${kind} in turns`, { strategy: 'alternating_users', ...traits }, open);
  databaseVerifierContract(
    kind,
    createMysqlVerifier(systemClock),
    {
      allowed: { query: 'SELECT id FROM orders' },
      // The test may not write, although the user may.
      forbidden: { query: 'INSERT INTO orders VALUES (7)' },
    },
    open,
  );
}

const installation = await findMariadb();
if (installation === undefined)
  describe('users of MariaDB', () => test.skip('this machine can have no MariaDB', () => undefined));
else {
  const certificate = makeCertificate();
  const server = await startMariadb(installation, certificate);
  afterAll(() => server.stop());
  contracts('mariadb', () => openMysql(server, 'mariadb', certificate.certificate));
}

// No registry that the project uses has MySQL itself: who has one on this machine names it, as mysql://admin:password@127.0.0.1:3306.
const own = process.env['TEST_MYSQL_URL'];
if (own === undefined)
  describe('users of MySQL', () => test.skip('TEST_MYSQL_URL names no server', () => undefined));
else {
  const { hostname, port, username, password } = new URL(own);
  contracts('mysql', () =>
    openMysql({ host: hostname, port: Number(port), user: username, password }, 'mysql', undefined),
  );
}
