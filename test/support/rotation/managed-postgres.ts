/**
 * A PostgreSQL with a user under rotation: what an owner of a database would set up, and the look at what there is
 * afterwards, in the server's own tables and by signing in.
 */
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { randomBytes } from 'node:crypto';
import { Client, DatabaseError } from 'pg';
import { z } from 'zod';
import { startPostgres } from '../postgres-server.ts';

const USER = 'orders';
const CLONE = 'orders_clone';
const ADMIN = 'rotation_admin';

const credential = z.object({ username: z.string(), password: z.string() });
type Credential = z.infer<typeof credential>;

export interface ManagedPostgresOptions {
  readonly secretsManager: SecretsManagerClient;
  /** Names of the secrets that are made: of the user, and of who may change it. */
  readonly secretId: string;
  readonly authorityId: string;
}

/** What is not as it should be when no rotation is under way. */
export interface Fault {
  /** Something is left over: a user, a session, a label of a version. Or one credential too many or too few works. */
  readonly kind: 'orphan' | 'credential';
  readonly what: string;
}

export interface ManagedPostgres {
  /** Who is published. */
  current(): Promise<Credential>;
  /** Lets the policy's own test fail for one of the two users, or for nobody. */
  turnAway(username: string | undefined): Promise<void>;
  /** Whether the server lets it in. @throws for every other reason than a refused sign-in */
  works(one: Credential): Promise<boolean>;
  /** The other one of the two users. */
  otherThan(username: string): string;
  /**
   * Looks whether exactly one credential works, the published one, and whether nothing is left over: users, sessions,
   * versions, labels. Remembers each credential that it has seen published or staged, and tries them all.
   */
  faults(): Promise<readonly Fault[]>;
  /** Remembers what is there now, to be tried later. */
  remember(): Promise<void>;
  /** Every password that it has seen, its administrator's as well. */
  passwords(): readonly string[];
  /** Rows that services have written. */
  rows(): Promise<number>;
  stop(): Promise<void>;
}

export async function startManagedPostgres(options: ManagedPostgresOptions): Promise<ManagedPostgres> {
  const { secretsManager, secretId, authorityId } = options;
  const server = await startPostgres();
  const { host, port, database } = server;
  const root = new Client({ host, port, database, user: server.user, password: server.password });
  await root.connect();
  const [first, admin] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
  // What docs/rotation.md asks for, and no more: its creator has ADMIN OPTION on the user.
  await root.query(`CREATE ROLE ${ADMIN} LOGIN CREATEROLE PASSWORD '${admin}'`);
  await root.query(`GRANT pg_signal_backend TO ${ADMIN}`);
  await root.query(`SET ROLE ${ADMIN}`);
  await root.query(`CREATE ROLE ${USER} LOGIN PASSWORD '${first}'`);
  await root.query('RESET ROLE');
  await root.query(`CREATE SCHEMA ${USER} AUTHORIZATION ${USER}`);
  await root.query(`ALTER ROLE ${USER} SET search_path = ${USER}`);
  await root.query(`CREATE TABLE ${USER}.orders (service text, number int, PRIMARY KEY (service, number))`);
  await root.query(`ALTER TABLE ${USER}.orders OWNER TO ${USER}`);
  await root.query(`CREATE TABLE ${USER}.turned_away (name text)`);
  await root.query(`GRANT SELECT ON ${USER}.turned_away TO ${USER}`);
  await root.query(`CREATE FUNCTION ${USER}.let_in() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM ${USER}.turned_away WHERE name = session_user)
      THEN RAISE EXCEPTION 'turned away' USING ERRCODE = 'insufficient_privilege'; END IF;
    END $$`);
  const make = (Name: string, username: string, password: string) =>
    secretsManager.send(
      new CreateSecretCommand({
        Name,
        SecretString: JSON.stringify({
          engine: 'postgres',
          host,
          port,
          dbname: database,
          username,
          password,
        }),
      }),
    );
  await make(secretId, USER, first);
  await make(authorityId, ADMIN, admin);

  const rolesAtFirst = new Set((await roles()).map(({ rolname }) => rolname));
  /** By their text, each with who it is. */
  const known = new Map<string, Credential>();

  async function roles() {
    const found = await root.query(
      'SELECT rolname, rolcanlogin AND rolpassword IS NOT NULL AS works FROM pg_authid',
    );
    return z.array(z.object({ rolname: z.string(), works: z.boolean() })).parse(found.rows);
  }

  async function versions(): Promise<readonly (readonly [string, readonly string[]])[]> {
    const { VersionIdsToStages = {} } = await secretsManager.send(
      new DescribeSecretCommand({ SecretId: secretId }),
    );
    return Object.entries(VersionIdsToStages).filter(([, labels]) => labels.length > 0);
  }

  async function valueOf(VersionId: string): Promise<Credential> {
    const { SecretString = '' } = await secretsManager.send(
      new GetSecretValueCommand({ SecretId: secretId, VersionId }),
    );
    return credential.parse(JSON.parse(SecretString));
  }

  async function current(): Promise<Credential> {
    const { SecretString = '' } = await secretsManager.send(
      new GetSecretValueCommand({ SecretId: secretId }),
    );
    return credential.parse(JSON.parse(SecretString));
  }

  async function remember(): Promise<void> {
    for (const [version] of await versions()) {
      const value = await valueOf(version);
      known.set(JSON.stringify(value), value);
    }
  }

  async function works({ username, password }: Credential): Promise<boolean> {
    const client = new Client({ host, port, database, user: username, password });
    try {
      await client.connect();
      await client.query(`SELECT 1 FROM ${USER}.orders LIMIT 1`);
      return true;
    } catch (error) {
      if (error instanceof DatabaseError && ['28P01', '28000'].includes(error.code ?? '')) return false;
      throw error;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async function labelFaults(): Promise<Fault[]> {
    const labels = (await versions()).flatMap(([, of]) => of).sort();
    const held = (await versions()).length;
    const expected = labels.includes('AWSPREVIOUS') ? ['AWSCURRENT', 'AWSPREVIOUS'] : ['AWSCURRENT'];
    return labels.join() === expected.join() && held === labels.length
      ? []
      : [{ kind: 'orphan', what: `labels in Secrets Manager: ${labels.join(', ')}` }];
  }

  async function serverFaults(published: Credential): Promise<Fault[]> {
    const all = await roles();
    const mine = all.filter(({ rolname }) => [USER, CLONE].includes(rolname));
    const working = mine.filter(({ works: can }) => can).map(({ rolname }) => rolname);
    const leftOver = all.filter(
      ({ rolname }) => !rolesAtFirst.has(rolname) && !(rolname === CLONE && published.username === CLONE),
    );
    const { rows } = await root.query(
      'SELECT FROM pg_stat_activity WHERE usename = ANY($1) AND usename <> $2 OR usename IS NULL AND usesysid > 0',
      [[USER, CLONE], published.username],
    );
    return [
      ...(working.join() === published.username
        ? []
        : [{ kind: 'credential' as const, what: `may sign in: ${working.join(', ') || 'nobody'}` }]),
      ...leftOver.map(({ rolname }) => ({ kind: 'orphan' as const, what: `user left over: ${rolname}` })),
      ...rows.map(() => ({ kind: 'orphan' as const, what: 'session of who is not published' })),
    ];
  }

  async function signInFaults(published: Credential): Promise<Fault[]> {
    await remember();
    const found: Fault[] = [];
    for (const [text, one] of known) {
      const mustWork = text === JSON.stringify(published);
      if ((await works(one)) !== mustWork)
        found.push({
          kind: 'credential',
          what: mustWork
            ? 'the published credential does not work'
            : `an old password of ${one.username} works`,
        });
    }
    return found;
  }

  await remember();
  return {
    current,
    remember,
    works,
    otherThan: (username) => (username === USER ? CLONE : USER),
    async turnAway(username) {
      await root.query(`TRUNCATE ${USER}.turned_away`);
      if (username !== undefined) await root.query(`INSERT INTO ${USER}.turned_away VALUES ($1)`, [username]);
    },
    async faults() {
      const published = await current();
      return [
        ...(await labelFaults()),
        ...(await serverFaults(published)),
        ...(await signInFaults(published)),
      ];
    },
    passwords: () => [admin, ...[...known.values()].map(({ password }) => password)],
    async rows() {
      const { rows } = await root.query(`SELECT count(*)::int AS count FROM ${USER}.orders`);
      return z.tuple([z.object({ count: z.int() })]).parse(rows)[0].count;
    },
    async stop() {
      await root.end();
      await server.stop();
    },
  };
}
