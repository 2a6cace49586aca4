/**
 * A service as somebody would write it: requests come in at a steady rate, each writes a row into PostgreSQL with the
 * credential that SHHH's client gives it. Forked by service.ts.
 */
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError, Pool } from 'pg';
import { z } from 'zod';
import type { Redacted } from '../../functions/kernel/redacted.ts';
import { createAwsManagedSecret } from '../../functions/rotation/client/aws-managed-secret.ts';
import type { ServiceCommand, ServiceReport, ServiceSettings } from './service-protocol.ts';

/** Requests are let in so often. */
const TICK_MS = 5;
const CONNECTIONS = 8;
const CONNECT_MS = 10_000;

const credential = z.object({
  host: z.string(),
  port: z.number(),
  dbname: z.string(),
  username: z.string(),
  password: z.string(),
});

const report = (message: ServiceReport): void => void process.send?.(message);

/** Connections with one credential; they are closed when another one has come and their last request has ended. */
class Connections {
  readonly #pool: Pool;
  #running = 0;
  #followed = false;

  constructor(text: string) {
    const { host, port, dbname, username, password } = credential.parse(JSON.parse(text));
    this.#pool = new Pool({
      ...{ host, port, database: dbname, user: username, password },
      ...{ max: CONNECTIONS, connectionTimeoutMillis: CONNECT_MS, application_name: 'service' },
    });
    // An idle connection that the server ends is no request's failure; the pool opens another.
    this.#pool.on('error', () => undefined);
  }

  async run(statement: string, values: readonly unknown[]): Promise<void> {
    this.#running += 1;
    try {
      await this.#pool.query(statement, [...values]);
    } finally {
      this.#running -= 1;
      this.#close();
    }
  }

  follow(): void {
    this.#followed = true;
    this.#close();
  }

  #close(): void {
    if (this.#followed && this.#running === 0) void this.#pool.end();
  }
}

const isSignInRefused = (error: unknown): boolean =>
  error instanceof DatabaseError && (error.code === '28P01' || error.code === '28000');

let late = false;
let stopping = false;

async function serve(settings: ServiceSettings): Promise<void> {
  const { consumer, secret, secretId, deskName, keepMs, perSecond, options } = settings;
  const secretsManager = new SecretsManagerClient(options);
  secretsManager.middlewareStack.add(
    (next) => (args) => (late ? Promise.reject(new Error('Secrets Manager is out of reach.')) : next(args)),
    { step: 'initialize' },
  );
  const database = createAwsManagedSecret({
    secretsManager,
    lambda: new LambdaClient(options),
    ...{ secret, secretId, consumer, deskName, keepMs },
  });

  let inUse: { readonly text: string; readonly connections: Connections } | undefined;
  const connectionsOf = (value: Redacted): Connections => {
    const text = value.reveal();
    if (inUse?.text === text) return inUse.connections;
    inUse?.connections.follow();
    inUse = { text, connections: new Connections(text) };
    return inUse.connections;
  };

  let second = emptySecond();
  let lastSuccess: number | undefined;
  const request = async (number: number, dueAt: number): Promise<void> => {
    let attempts = 0;
    try {
      await database.use((value) => {
        attempts += 1;
        return connectionsOf(value).run('INSERT INTO orders (service, number) VALUES ($1, $2)', [
          consumer,
          number,
        ]);
      }, isSignInRefused);
      const now = performance.now();
      second.succeeded += 1;
      if (attempts > 1) second.retried += 1;
      second.latencies.push(now - dueAt);
      if (lastSuccess !== undefined) second.longestGapMs = Math.max(second.longestGapMs, now - lastSuccess);
      lastSuccess = now;
    } catch (error) {
      second.failed += 1;
      // By its name alone: what a parser or a library says may quote the credential.
      const name = error instanceof Error ? error.name : 'NonError';
      second.errors.push(error instanceof DatabaseError ? (error.code ?? name) : name);
    }
  };

  const running = new Set<Promise<void>>();
  const startedAt = performance.now();
  let sent = 0;
  let toldAt = startedAt;
  report({ event: 'started' });
  while (!stopping) {
    const now = performance.now();
    // What could not be let in on time was due nevertheless: its latency counts from then.
    for (; sent < ((now - startedAt) / 1_000) * perSecond; sent += 1) {
      const one = request(sent, startedAt + (sent / perSecond) * 1_000).finally(() => running.delete(one));
      running.add(one);
    }
    if (now - toldAt >= 1_000) {
      report({ event: 'second', at: Date.now(), ...second });
      second = emptySecond();
      toldAt = now;
    }
    await sleep(TICK_MS);
  }
  await Promise.all(running);
  report({ event: 'second', at: Date.now(), ...second });
  inUse?.connections.follow();
}

function emptySecond() {
  return {
    ...{ succeeded: 0, failed: 0, retried: 0, longestGapMs: 0 },
    latencies: new Array<number>(),
    errors: new Array<string>(),
  };
}

process.on('message', (command: ServiceCommand) => {
  if (command.op === 'late') late = command.late;
  else if (command.op === 'stop') stopping = true;
  else
    void serve(command.settings).then(() => {
      report({ event: 'stopped' });
      process.disconnect();
    });
});
// Nobody is left whom it could serve.
process.on('disconnect', () => process.exit());
