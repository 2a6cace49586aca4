/**
 * A real MariaDB for a test: the machine's own `mariadbd`, else Debian's package of it (10.11 on Debian 12; GPL-2, used
 * by tests alone), which apt fetches and dpkg unpacks into `.build/mariadb` without being root. The system tables are
 * made once and copied for each server.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createConnection } from 'mysql2/promise';
import { withLock } from '../../scripts/support/lock.ts';
import { BUILD_DIR } from '../../scripts/support/project.ts';
import { runCommand } from '../../scripts/support/run-command.ts';
import type { Certificate } from './certificate.ts';
import { freePort, serverDirectory, startServer, type ServerProcess } from './server-process.ts';

export interface MariadbServer extends ServerProcess {
  readonly host: string;
  readonly port: number;
  /** Who may do everything. */
  readonly user: string;
  readonly password: string;
}

interface Installation {
  readonly binary: string;
  /** Where the SQL of the system tables and the messages are. */
  readonly share: string;
  readonly env: NodeJS.ProcessEnv;
}

const HOME = path.join(BUILD_DIR, 'mariadb');
const UNPACKED = path.join(HOME, 'root');
const PACKAGE = 'mariadb-server-core';
/** What every machine with a C++ compiler has, or what stands in for another one. */
const HAD = /^(?:libc6|libgcc-s1|libstdc\+\+6|gcc-.*|libelogind0)$/;

/** The program to start, or undefined where none can be had: a test then says that it was skipped. */
export async function findMariadb(): Promise<Installation | undefined> {
  for (const binary of ['/usr/sbin/mariadbd', '/usr/bin/mariadbd'])
    if (existsSync(binary) && existsSync('/usr/share/mysql/mysql_system_tables.sql'))
      return { binary, share: '/usr/share/mysql', env: process.env };
  try {
    await withLock(`mariadb ${HOME}`, unpack);
  } catch (error) {
    console.error(`MariaDB cannot be had here: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  const folders = await Promise.all(
    ['lib', 'usr/lib'].map(async (one) => {
      const folder = path.join(UNPACKED, one);
      const inner = existsSync(folder) ? await readdir(folder) : [];
      return inner.filter((name) => name.endsWith('-linux-gnu')).map((name) => path.join(folder, name));
    }),
  );
  return {
    binary: path.join(UNPACKED, 'usr/sbin/mariadbd'),
    share: path.join(UNPACKED, 'usr/share/mysql'),
    env: { ...process.env, LD_LIBRARY_PATH: folders.flat().join(':') },
  };
}

/** Starts it on a free port of this machine; nothing that it holds outlives it. */
export async function startMariadb(
  installation: Installation,
  certificate?: Certificate,
): Promise<MariadbServer> {
  const { binary, env } = installation;
  const template = path.join(HOME, 'template');
  await withLock(`mariadb template ${HOME}`, () => makeTemplate(installation, template));
  const directory = await serverDirectory('mariadb');
  const data = path.join(directory, 'data');
  await cp(template, data, { recursive: true });
  const user = 'admin';
  const password = randomBytes(24).toString('hex');
  const init = path.join(directory, 'init.sql');
  await writeFile(
    init,
    [
      `CREATE USER '${user}'@'%' IDENTIFIED BY '${password}';`,
      `GRANT ALL PRIVILEGES ON *.* TO '${user}'@'%' WITH GRANT OPTION;\n`,
    ].join('\n'),
    { mode: 0o600 },
  );
  const port = await freePort();
  const tls: string[] = [];
  if (certificate !== undefined)
    for (const [option, file, text] of [
      ['ssl-cert', 'server.crt', certificate.certificate],
      ['ssl-key', 'server.key', certificate.key],
    ] as const) {
      await writeFile(path.join(directory, file), text, { mode: 0o600 });
      tls.push(`--${option}=${path.join(directory, file)}`);
    }
  const server = await startServer({
    name: 'MariaDB',
    command: binary,
    args: [
      ...commonArgs(installation, data),
      ...[`--port=${port}`, '--bind-address=127.0.0.1', `--init-file=${init}`, ...tls],
      ...[`--socket=${path.join(directory, 'socket')}`, `--pid-file=${path.join(directory, 'pid')}`],
    ],
    env,
    directory,
    async ready() {
      const connection = await createConnection({ host: '127.0.0.1', port, user, password });
      await connection.end();
    },
  });
  return { host: '127.0.0.1', port, user, password, ...server };
}

const commonArgs = ({ share }: Installation, data: string): string[] => [
  '--no-defaults',
  // As whoever runs the tests; as root too.
  ...(process.getuid?.() === 0 ? ['--user=root'] : []),
  ...[`--datadir=${data}`, `--lc-messages-dir=${share}`, `--character-sets-dir=${share}/charsets`],
  ...['--innodb-log-file-size=4M', '--innodb-buffer-pool-size=16M', '--innodb-flush-log-at-trx-commit=0'],
  ...['--innodb-buffer-pool-dump-at-shutdown=0', '--skip-name-resolve'],
];

async function unpack(): Promise<void> {
  if (existsSync(UNPACKED)) return;
  const downloads = path.join(HOME, 'packages');
  await rm(downloads, { recursive: true, force: true });
  await mkdir(downloads, { recursive: true });
  const needed = await neededPackages([]).catch(async () => {
    // A machine whose lists are empty, and who asks is not root: lists of one's own.
    const lists = path.join(HOME, 'lists');
    await mkdir(path.join(lists, 'partial'), { recursive: true });
    const own = ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${path.join(HOME, 'cache')}`];
    await mkdir(path.join(HOME, 'cache/archives/partial'), { recursive: true });
    await runCommand('apt-get', [...own, '-o', 'Debug::NoLocking=1', 'update']);
    return neededPackages(own);
  });
  await runCommand('apt-get', [...needed.options, 'download', ...needed.packages], { cwd: downloads });
  const unfinished = `${UNPACKED}.new`;
  await rm(unfinished, { recursive: true, force: true });
  for (const file of await readdir(downloads))
    await runCommand('dpkg-deb', ['-x', path.join(downloads, file), unfinished]);
  await rename(unfinished, UNPACKED);
  await rm(downloads, { recursive: true, force: true });
}

async function neededPackages(options: readonly string[]) {
  const without = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'];
  const listed = await runCommand('apt-cache', [
    ...options,
    'depends',
    '--recurse',
    ...without.map((kind) => `--no-${kind}`),
    PACKAGE,
  ]);
  const packages = listed.split('\n').filter((line) => /^[a-z]/.test(line) && !HAD.test(line));
  if (!packages.includes(PACKAGE)) throw new Error(`apt knows no ${PACKAGE}`);
  return { options, packages };
}

async function makeTemplate(installation: Installation, template: string): Promise<void> {
  if (existsSync(template)) return;
  const unfinished = `${template}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const files = ['mysql_system_tables', 'mysql_performance_tables', 'mysql_system_tables_data'];
  const sql = await Promise.all(
    files.map((name) => readFile(path.join(installation.share, `${name}.sql`), 'utf8')),
  );
  const start =
    'create database mysql;\nuse mysql;\nset @auth_root_socket=NULL;\nset @skip_auth_anonymous=1;';
  await new Promise<void>((resolve, reject) => {
    const child = spawn(installation.binary, [...commonArgs(installation, unfinished), '--bootstrap'], {
      env: installation.env,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`MariaDB's system tables could not be made:\n${said.slice(-3_000)}`));
    });
    child.stdin.end([start, ...sql, ''].join('\n'));
  });
  await rename(unfinished, template);
}
