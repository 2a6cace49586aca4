import { randomUUID } from 'node:crypto';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { z } from 'zod';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createEventBridge, createSqs } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createDrivers } from './adapters/drivers.ts';
import { createDynamoCheckpointStore } from './adapters/dynamo-checkpoint-store.ts';
import { createDynamoLease } from './adapters/dynamo-lease.ts';
import { createDynamoPeerDirectory } from './adapters/dynamo-peer-directory.ts';
import { createDynamoStatusBoard } from './adapters/dynamo-status-board.ts';
import { createDynamoSuspicions } from './adapters/dynamo-suspicions.ts';
import { createEventBridgeSuspicions } from './adapters/eventbridge-suspicions.ts';
import { createReporter, type Reporter } from './adapters/reporter.ts';
import { createSqsEntryQueue } from './adapters/sqs-entry-queue.ts';
import { systemPacer } from './adapters/system-pacer.ts';
import { createSuspicions } from './adapters/suspicions.ts';
import { createTcpLogSource } from './adapters/tcp-log-source.ts';
import type { LogSource } from './domain/ports.ts';
import { ship, SHIP_SETTINGS, type ShipDeps, type ShipOutcome } from './domain/ship.ts';
import { shipEntriesEnv } from './ship-entries.env.ts';

export interface ShipEntriesDependencies extends Omit<ShipDeps, 'holder' | 'observe'> {
  readonly newHolder: () => string;
  readonly runSeconds: number;
  readonly spacingMs: number;
  readonly excludedTypes: readonly string[];
  readonly logger: Pick<Logger, 'info'>;
  readonly reporter: Reporter;
  /** Ends the run before its time. */
  readonly stop?: AbortSignal;
}

let dependencies: ShipEntriesDependencies | undefined;

/** Started by the schedule each minute; what it is handed says nothing. */
export const handler = (): Promise<{ outcome: ShipOutcome }> =>
  shipEntries(
    (dependencies ??= dependenciesWith(
      parseEnv(shipEntriesEnv, process.env),
      // A function is started anew each minute and has no disk of the agents: it reads what has an address.
      createDrivers({ tcp: createTcpLogSource(systemClock) }),
    )),
  );

/** One run: follows every registered log until its time is up, under a lease of its own. */
export async function shipEntries({
  newHolder,
  runSeconds,
  spacingMs,
  excludedTypes,
  logger,
  reporter,
  stop,
  ...needed
}: ShipEntriesDependencies): Promise<{ outcome: ShipOutcome }> {
  const startedAt = needed.pacer.now();
  const outcome = await ship(
    { ...needed, observe: reporter.observe, holder: newHolder() },
    {
      ...SHIP_SETTINGS,
      dispatch: { ...SHIP_SETTINGS.dispatch, spacingMs },
      excludedTypes: new Set(excludedTypes),
    },
    startedAt + runSeconds * 1000,
    stop,
  );
  reporter.flush();
  logger.info('run_ended', { outcome, duration_ms: needed.pacer.now() - startedAt });
  return { outcome };
}

/** What every host of the shipper has in common; they differ in where logs may be. */
export function dependenciesWith(
  env: z.output<typeof shipEntriesEnv>,
  source: LogSource,
): ShipEntriesDependencies {
  const dynamo = createDynamo();
  const logger = createLogger('ingest');
  return {
    source,
    directory: createDynamoPeerDirectory(dynamo, env.INGEST_TABLE),
    checkpoints: createDynamoCheckpointStore(dynamo, env.INGEST_TABLE),
    statuses: createDynamoStatusBoard(dynamo, env.INGEST_TABLE),
    suspicions: createSuspicions([
      createDynamoSuspicions(dynamo, env.INGEST_TABLE),
      createEventBridgeSuspicions(createEventBridge(), env.EVENT_BUS_NAME),
    ]),
    lease: createDynamoLease(dynamo, env.INGEST_TABLE),
    queue: createSqsEntryQueue(createSqs(), env.ENTRY_QUEUE_URL),
    pacer: systemPacer,
    random: Math.random,
    newHolder: randomUUID,
    runSeconds: env.RUN_SECONDS,
    spacingMs: env.SPACING_MS,
    excludedTypes: env.EXCLUDED_TYPES,
    logger,
    reporter: createReporter(logger, createMetrics('ingest'), systemClock),
  };
}
