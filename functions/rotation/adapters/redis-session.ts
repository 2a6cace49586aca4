/** A short conversation with a Redis server: bounded waits, verified TLS, faults by the word that they begin with. */
import { createClient, ErrorReply } from '@redis/client';
import type { DatabaseCredential } from '../domain/database-secret.ts';
import { refuseTls, type TlsSettings } from '../domain/tls.ts';
import { Fault, networkCode, type Call } from './recorded-calls.ts';

export const REDIS_PORT = 6_379;
const CONNECT_MS = 5_000;
const COMMAND_MS = 5_000;

export interface RedisSession {
  /** @param shown what the record shows of it */
  send(shown: string, ...command: readonly [string, ...string[]]): Promise<unknown>;
}

/** The word that a Redis error begins with, e.g. `WRONGPASS`; of a plain `ERR`, with its text as the detail. */
export function redisFault(error: unknown): Fault | undefined {
  if (error instanceof ErrorReply) return new Fault(error.message.split(' ')[0] ?? 'ERR', error.message);
  if (!(error instanceof Error)) return undefined;
  const code = networkCode(error);
  if (code !== undefined) return new Fault(code);
  if (/timeout/i.test(error.name + error.message)) return new Fault('TIMEOUT');
  return /socket|connect|client is closed|disconnect/i.test(error.name + error.message)
    ? new Fault('CONNECTION_ENDED')
    : undefined;
}

export const isDeadRedisLogin = ({ code }: Fault): boolean => code === 'WRONGPASS';

/** Connects, lets `work` speak, and closes. */
export async function withRedis<T>(
  call: Call,
  { host, port, username, password }: DatabaseCredential,
  { tls, ca }: TlsSettings,
  work: (session: RedisSession) => Promise<T>,
): Promise<T> {
  const refused = refuseTls({ tls, ca }, host);
  if (refused !== undefined) throw new Fault('TLS_IS_OFF', refused);
  const way = { host, port, connectTimeout: CONNECT_MS, reconnectStrategy: false as const };
  const client = createClient({
    username,
    password: password.reveal(),
    // Redis 6 and users with few rights know no more than the command that logs in.
    RESP: 2,
    disableClientInfo: true,
    commandOptions: { timeout: COMMAND_MS },
    socket: tls === 'off' ? way : { ...way, tls: true, ...(ca !== undefined && { ca }) },
  });
  client.on('error', () => undefined);
  const where = `${host}:${port}`;
  try {
    await call(`Redis AUTH ${username} at ${where}`, () => client.connect());
    return await work({
      send: (shown, ...command) =>
        call(`Redis ${shown} at ${where}`, () => client.sendCommand<unknown>([...command])),
    });
  } finally {
    client.destroy();
  }
}
