#!/usr/bin/env node
/**
 * `npx shhh-shipper`: the shipper as a service of its own, in a container or beside the agents. The same engine as the
 * function's, and the same lease: of several only one ships. Its settings are environment variables.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { systemClock } from '../kernel/clock.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { createDrivers } from './adapters/drivers.ts';
import { createHyperswarmLogSource } from './adapters/hyperswarm-log-source.ts';
import { createJsonLinesLogSource } from './adapters/json-lines-log-source.ts';
import { createSidecarLogSource } from './adapters/sidecar-log-source.ts';
import { createTcpLogSource } from './adapters/tcp-log-source.ts';
import { dependenciesWith, shipEntries } from './ship-entries.lambda.ts';
import { shhhShipperEnv } from './shhh-shipper.env.ts';

/** After a run that failed as a whole. */
const RETRY_MS = 5_000;

const logger = createLogger('ingest');
const stopping = new AbortController();

try {
  await main(parseEnv(shhhShipperEnv, process.env));
} catch (error) {
  logger.error('shipper_not_started', describeError(error));
  process.exitCode = 1;
}

async function main(env: z.output<typeof shhhShipperEnv>): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  const { source, close } = sourceFor(env);
  const needed = { ...dependenciesWith(env, source), stop: stopping.signal };
  logger.info('shipper_started', { drivers: env.DRIVERS });
  while (!stopping.signal.aborted) {
    try {
      await shipEntries(needed);
    } catch (error) {
      logger.error('run_failed', describeError(error));
      await sleep(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }
  await close();
  logger.info('shipper_stopped');
  // Nothing is under way; connections that the SDK keeps warm would hold the process for some seconds more.
  process.exit(0);
}

function sourceFor({ DRIVERS, LOG_ROOT, HYPERSWARM_BOOTSTRAP }: z.output<typeof shhhShipperEnv>) {
  const has = new Set(DRIVERS);
  const root = (): string => {
    if (LOG_ROOT !== undefined) return LOG_ROOT;
    throw new Error('LOG_ROOT is missing: sidecar and json-lines read below it and nowhere else.');
  };
  const swarm = has.has('hyperswarm')
    ? createHyperswarmLogSource(systemClock, Math.random, { bootstrap: HYPERSWARM_BOOTSTRAP })
    : undefined;
  const source = createDrivers({
    ...(has.has('tcp') && { tcp: createTcpLogSource(systemClock) }),
    ...(swarm && { hyperswarm: swarm.source }),
    ...(has.has('sidecar') && { sidecar: createSidecarLogSource(systemClock, root()) }),
    ...(has.has('json-lines') && { 'json-lines': createJsonLinesLogSource(systemClock, root()) }),
  });
  return { source, close: async (): Promise<void> => swarm?.destroy() };
}
