import { afterAll, describe, test } from 'vitest';
import { makeCertificate } from '../../support/certificate.ts';
import { findMariadb, startMariadb } from '../../support/mariadb-server.ts';
import { openMysql } from '../../support/rotation/databases.ts';
import { rotatorContract } from '../../support/rotation/rotator-contract.ts';

const installation = await findMariadb();
if (installation === undefined)
  describe('users of MariaDB', () => test.skip('this machine can have no MariaDB', () => undefined));
else {
  const certificate = makeCertificate();
  const server = await startMariadb(installation, certificate);
  afterAll(() => server.stop());
  const open = () => openMysql(server, 'mariadb', certificate.certificate);
  rotatorContract(
    'a user of MariaDB with one password',
    { strategy: 'single_user', drawn: false, reinstates: true },
    open,
  );
  rotatorContract(
    'two users of MariaDB in turns',
    { strategy: 'alternating_users', drawn: false, reinstates: true },
    open,
  );
}
