/** A short conversation with a MySQL or MariaDB server: bounded waits, verified TLS, faults by their number. */
import { createConnection, type ConnectionOptions } from 'mysql2/promise';
import { z } from 'zod';
import type { DatabaseCredential } from '../domain/database-secret.ts';
import { refuseTls, type TlsSettings } from '../domain/tls.ts';
import { Fault, networkCode, type Call } from './recorded-calls.ts';

export const MYSQL_PORT = 3_306;
const CONNECT_MS = 5_000;
const STATEMENT_MS = 5_000;

/** Access denied, with and without a password, and an account that is locked (MySQL, MariaDB). */
const DEAD = new Set(['1045', '1698', '3118', '4151']);

export type Row = Readonly<Record<string, unknown>>;

export interface MysqlSession {
  /** @param shown what the record shows of it; `?` in the statement stands for a value, which is escaped */
  query(shown: string, statement: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

const rows = z.array(z.record(z.string(), z.unknown())).catch([]);

/** A server's refusal by its error number, or a network's or TLS's error. */
export function mysqlFault(error: unknown): Fault | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('errno' in error && typeof error.errno === 'number' && error.errno > 1_000)
    return new Fault(String(error.errno));
  const code = networkCode(error);
  if (code !== undefined) return new Fault(code);
  return /secure connection/i.test(error.message) ? new Fault('NO_TLS') : undefined;
}

export const isDeadMysqlLogin = ({ code }: Fault): boolean => DEAD.has(code);

/** Connects, lets `work` speak, and closes. */
export async function withMysql<T>(
  call: Call,
  { host, port, username, password }: DatabaseCredential,
  { tls, ca }: TlsSettings,
  work: (session: MysqlSession) => Promise<T>,
  database?: string,
): Promise<T> {
  const refused = refuseTls({ tls, ca }, host);
  if (refused !== undefined) throw new Fault('TLS_IS_OFF', refused);
  const options: ConnectionOptions = {
    host,
    port,
    user: username,
    password: password.reveal(),
    connectTimeout: CONNECT_MS,
    ...(database !== undefined && { database }),
    ...(tls === 'verify' && {
      ssl: {
        rejectUnauthorized: true,
        verifyIdentity: true,
        minVersion: 'TLSv1.2',
        ...(ca !== undefined && { ca }),
      },
    }),
  };
  const where = `${host}:${port}`;
  const connection = await call(`MySQL connect ${where} as ${username}`, () => createConnection(options));
  connection.on('error', () => undefined);
  try {
    return await work({
      async query(shown, statement, values = []) {
        const [answer] = await call(`MySQL ${shown} at ${where}`, () =>
          connection.query({ sql: statement, values: [...values], timeout: STATEMENT_MS }),
        );
        return rows.parse(answer);
      },
    });
  } finally {
    connection.destroy();
  }
}
