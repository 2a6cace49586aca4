import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { Redacted } from '../../../functions/kernel/redacted.ts';
import { createPostgresRotator } from '../../../functions/rotation/adapters/postgresql.ts';
import { createPostgresVerifier } from '../../../functions/rotation/adapters/verify-databases.ts';
import type { RotationOrder } from '../../../functions/rotation/domain/ports.ts';
import { hasPostgres, startPostgres } from '../../support/postgres-server.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { databaseVerifierContract } from '../../support/rotation/database-verifier-contract.ts';
import { openPostgres } from '../../support/rotation/databases.ts';
import { rotatorContract } from '../../support/rotation/rotator-contract.ts';

if (!hasPostgres())
  describe('users of PostgreSQL', () => test.skip('this machine can have no PostgreSQL', () => undefined));
else {
  const certificate = makeCertificate();
  const server = await startPostgres({ certificate });
  afterAll(() => server.stop());
  const open = () => openPostgres(server, certificate);

  rotatorContract(
    'a user of PostgreSQL with one password',
    { strategy: 'single_user', drawn: false, reinstates: true },
    open,
  );
  rotatorContract(
    'two users of PostgreSQL in turns',
    { strategy: 'alternating_users', drawn: false, reinstates: true },
    open,
  );
  databaseVerifierContract(
    'PostgreSQL',
    createPostgresVerifier(systemClock),
    {
      allowed: { query: 'SELECT id FROM orders' },
      // The test may not write, although the user may.
      forbidden: { query: 'INSERT INTO orders VALUES (7)' },
    },
    open,
  );

  describe('the second user of PostgreSQL', () => {
    const rotator = createPostgresRotator({ clock: systemClock, randomBytes });
    const { host, port, database, user, password } = server;
    const ssl = { ca: certificate.certificate };
    const admin = new Client({ host, port, database, user, password, ssl });
    afterAll(() => admin.end());

    const text = (username: string, word: string) =>
      new Redacted(JSON.stringify({ host, port, dbname: database, username, password: word }));
    const orderOf = (username: string, word: string): RotationOrder => ({
      rotationId: `rot_${'0'.repeat(32)}`,
      secret: 'orders',
      strategy: 'alternating_users',
      settings: { tls: 'verify', ca: certificate.certificate },
      current: text(username, word),
      authority: text(user, password),
      newPassword: () => new Redacted(randomBytes(24).toString('hex')),
    });

    test('makes things that belong to the first one, and ends without owning any', async () => {
      await admin.connect();
      await admin.query(`CREATE ROLE stock LOGIN PASSWORD '${password}'`);
      await admin.query('CREATE SCHEMA stock AUTHORIZATION stock');
      const order = orderOf('stock', password);
      const { answer } = await rotator.create(order);
      if (answer.outcome !== 'created') throw new Error(answer.outcome);
      await rotator.install(order, answer.value);
      const { username, password: word } = JSON.parse(answer.value.reveal()) as Record<string, string>;
      const clone = new Client({ host, port, database, user: username, password: word, ssl });
      await clone.connect();
      await clone.query('CREATE TABLE stock.items (id int)');
      await clone.end();
      const { rows } = await admin.query<{ tableowner: string }>(
        "SELECT tableowner FROM pg_tables WHERE tablename = 'items'",
      );
      expect(rows).toEqual([{ tableowner: 'stock' }]);
      expect((await rotator.destroy(order, answer.value)).answer).toEqual({ outcome: 'done' });
      const left = await admin.query("SELECT 1 FROM pg_roles WHERE rolname = 'stock_clone'");
      expect(left.rows).toEqual([]);
    });

    test('is not made where somebody else has its name', async () => {
      await admin.query(`CREATE ROLE paid LOGIN PASSWORD '${password}'`);
      await admin.query('CREATE ROLE paid_clone LOGIN');
      const order = orderOf('paid', password);
      const staged = text('paid_clone', 'a-new-password-of-it');
      expect((await rotator.install(order, staged)).answer).toEqual({
        outcome: 'refused',
        reason: "there is a user paid_clone that is no member of paid: it is somebody else's",
      });
    });

    test('is not made of a superuser', async () => {
      await admin.query(`CREATE ROLE chief SUPERUSER LOGIN PASSWORD '${password}'`);
      const order = orderOf('chief', password);
      expect(
        (await rotator.install(order, text('chief_clone', 'a-new-password-of-it'))).answer,
      ).toMatchObject({
        outcome: 'refused',
      });
    });

    test("has a password that no server's log has seen", async () => {
      await admin.query("ALTER SYSTEM SET log_statement = 'all'");
      await admin.query('SELECT pg_reload_conf()');
      await admin.query(`CREATE ROLE seen LOGIN PASSWORD '${password}'`);
      const order = orderOf('seen', password);
      const { answer } = await rotator.create(order);
      if (answer.outcome !== 'created') throw new Error(answer.outcome);
      await rotator.install(order, answer.value);
      const log = await server.log();
      expect(log).toContain('ALTER ROLE "seen_clone" LOGIN PASSWORD');
      const [secret] = rotator.secretsIn(answer.value);
      expect(log).not.toContain(secret?.reveal());
    });
  });
}
