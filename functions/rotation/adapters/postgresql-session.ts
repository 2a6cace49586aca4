/** A short conversation with a PostgreSQL server: bounded waits, verified TLS, faults by their SQLSTATE. */
import { Client, type ClientConfig } from 'pg';
import type { DatabaseCredential } from '../domain/database-secret.ts';
import { refuseTls, type TlsSettings } from '../domain/tls.ts';
import { Fault, networkCode, type Call } from './recorded-calls.ts';

export const POSTGRESQL_PORT = 5_432;
const CONNECT_MS = 5_000;
const STATEMENT_MS = 5_000;
/** Where a login that ends after its password was found right is told from one that never got so far. */
const NO_LOGIN_ROUTINE = 'InitializeSessionUserId';

export type Row = Readonly<Record<string, unknown>>;

export interface PostgresSession {
  /** @param shown what the record shows of it */
  query(shown: string, statement: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** A server's refusal by SQLSTATE with the routine that raised it, or a network's or TLS's error. */
export function postgresFault(error: unknown): Fault | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code))
    return new Fault(
      error.code,
      'routine' in error && typeof error.routine === 'string' ? error.routine : '',
    );
  const code = networkCode(error);
  if (code !== undefined) return new Fault(code);
  // The library has no codes for these of its own.
  if (/timeout/i.test(error.message)) return new Fault('TIMEOUT');
  if (/Connection terminated|connection/i.test(error.message)) return new Fault('CONNECTION_ENDED');
  return /SSL|TLS/.test(error.message) ? new Fault('NO_TLS') : undefined;
}

/**
 * Whether a failed login tells that the credential does not work. `28000` alone does not: a server also answers so to an
 * address that its `pg_hba.conf` does not let in.
 */
export const isDeadLogin = ({ code, detail }: Fault): boolean =>
  code === '28P01' || (code === '28000' && detail === NO_LOGIN_ROUTINE);

/** Connects, lets `work` speak, and closes. */
export async function withPostgres<T>(
  call: Call,
  credential: DatabaseCredential,
  tls: TlsSettings,
  work: (session: PostgresSession) => Promise<T>,
): Promise<T> {
  const { host, port, dbname = 'postgres', username, password } = credential;
  const refused = refuseTls(tls, host);
  if (refused !== undefined) throw new Fault('TLS_IS_OFF', refused);
  const config: ClientConfig = {
    host,
    port,
    database: dbname,
    user: username,
    password: password.reveal(),
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS,
    application_name: 'shhh-rotation',
    ssl:
      tls.tls === 'off'
        ? false
        : { rejectUnauthorized: true, host, ...(tls.ca !== undefined && { ca: tls.ca }) },
  };
  const client = new Client(config);
  // An error after the conversation has its own promise; without a listener it would end the process.
  client.on('error', () => undefined);
  const where = `${host}:${port}`;
  try {
    await call(`PostgreSQL connect ${where}/${dbname} as ${username}`, () => client.connect());
    const query: PostgresSession['query'] = async (shown, statement, values = []) => {
      const { rows } = await call(`PostgreSQL ${shown} at ${where}`, () =>
        client.query<Row>(statement, [...values]),
      );
      return rows;
    };
    return await work({ query });
  } finally {
    await client.end().catch(() => undefined);
  }
}
