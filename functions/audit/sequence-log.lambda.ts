import type { Logger } from '@aws-lambda-powertools/logger';
import { MetricUnit, type Metrics } from '@aws-lambda-powertools/metrics';
import { setTimeout as wait } from 'node:timers/promises';
import {
  AUDIT_ENTRIES,
  AUDIT_HISTORY_CONFLICTS,
  AUDIT_OLDEST_WAITING,
  AUDIT_REFUSED,
  AUDIT_THRESHOLD,
  AUDIT_UNCOSIGNED,
} from '../contracts/metrics.ts';
import { auditPolicy } from '../contracts/audit-policy.ts';
import { systemClock } from '../kernel/clock.ts';
import { createDynamo, createEventBridge, createKms, createS3 } from '../platform/aws.ts';
import { parseEnv } from '../platform/env.ts';
import { createLogger, describeError } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createBusAnnouncements } from './adapters/bus-announcements.ts';
import { createDynamoOutbox } from './adapters/dynamo-outbox.ts';
import { createDynamoSequence } from './adapters/dynamo-sequence.ts';
import { createHttpWitnessPost } from './adapters/http-witness.ts';
import { createKmsSigner } from './adapters/kms-signer.ts';
import { createS3Log } from './adapters/s3-log.ts';
import { createAnnouncer } from './domain/announce.ts';
import { askedWitness, createCosigner } from './domain/cosign.ts';
import { runSequencer, type Observation, type RunDeps } from './domain/run-sequencer.ts';
import { HistoryConflict, sequenceOnce } from './domain/sequence.ts';
import policy from './policy.json' with { type: 'json' };
import { sequenceLogEnv } from './sequence-log.env.ts';

export interface SequenceLogDependencies extends Omit<RunDeps, 'observe'> {
  /** When what waits longest was handed in, in milliseconds since the epoch; undefined if nothing waits. */
  readonly oldestWaiting: () => Promise<number | undefined>;
  readonly runSeconds: number;
  readonly everyMs: number;
  /** Entries of a full batch. */
  readonly most?: number;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly metrics: Pick<Metrics, 'addMetric' | 'publishStoredMetrics'>;
}

let dependencies: Promise<SequenceLogDependencies> | undefined;

/** Started by the schedule each minute; what it is handed says nothing. */
export async function handler(): Promise<{ entries: number }> {
  dependencies ??= build();
  try {
    return await sequenceLog(await dependencies);
  } catch (error) {
    // What could not be built is built anew: KMS may have been out of reach for a moment.
    dependencies = undefined;
    throw error;
  }
}

/** One run, and how far the log is behind at its end, also if it failed. */
export async function sequenceLog(needed: SequenceLogDependencies): Promise<{ entries: number }> {
  const { logger, metrics, pacer, oldestWaiting } = needed;
  let [entries, refused, batches] = [0, 0, 0];
  const observe = (seen: Observation): void => {
    if (seen.event === 'batch_failed') {
      logger.warn('batch_failed', describeError(seen.error));
      return;
    }
    refused += seen.did.refused;
    if (seen.did.did !== 'published') return;
    [entries, batches] = [entries + seen.did.entries, batches + 1];
    logger.info('batch_published', {
      entries: seen.did.entries,
      size: seen.did.size,
      duration_ms: seen.tookMs,
    });
  };
  try {
    await runSequencer(
      { ...needed, observe },
      {
        until: pacer.now() + needed.runSeconds * 1000,
        everyMs: needed.everyMs,
        ...(needed.most !== undefined && { most: needed.most }),
      },
    );
  } catch (error) {
    const conflict = error instanceof HistoryConflict;
    if (conflict) metrics.addMetric(AUDIT_HISTORY_CONFLICTS, MetricUnit.Count, 1);
    logger.error(conflict ? 'history_conflict' : 'run_failed', describeError(error));
    throw error;
  } finally {
    const oldest = await oldestWaiting().catch(() => undefined);
    metrics.addMetric(
      AUDIT_OLDEST_WAITING,
      MetricUnit.Seconds,
      oldest === undefined ? 0 : (pacer.now() - oldest) / 1000,
    );
    metrics.addMetric(AUDIT_ENTRIES, MetricUnit.Count, entries);
    metrics.addMetric(AUDIT_REFUSED, MetricUnit.Count, refused);
    metrics.publishStoredMetrics();
    logger.info('run_ended', { batches, entries, refused });
  }
  return { entries };
}

async function build(): Promise<SequenceLogDependencies> {
  const env = parseEnv(sequenceLogEnv, process.env);
  const client = createDynamo();
  const [logger, metrics] = [createLogger('audit'), createMetrics('audit')];
  const { retention, batching, integrations, thresholds } = auditPolicy.parse(policy);
  const outbox = createDynamoOutbox({
    client,
    tableName: env.AUDIT_TABLE,
    clock: systemClock,
    rememberSeconds: retention.outbox,
  });
  const sequencer = {
    origin: env.LOG_ORIGIN,
    outbox,
    sequence: createDynamoSequence(client, env.AUDIT_TABLE),
    log: createS3Log({ s3: createS3(), logBucket: env.LOG_BUCKET, workBucket: env.WORK_BUCKET }),
    signer: await createKmsSigner({
      kms: createKms(),
      origin: env.LOG_ORIGIN,
      pairs: [{ ed25519Key: env.ED25519_KEY, ecdsaKey: env.ECDSA_KEY }],
    }),
    clock: systemClock,
    limits: batching,
    cosigner: createCosigner({
      witnesses: integrations.witnesses.map(askedWitness),
      post: createHttpWitnessPost(),
      waitMs: integrations.witness_wait * 1000,
      observe: (missed) => {
        metrics.addMetric(AUDIT_UNCOSIGNED, MetricUnit.Count, 1);
        logger.warn('not_cosigned', missed);
      },
    }),
    announcer: createAnnouncer({
      policy: { integrations, thresholds },
      publish: createBusAnnouncements(createEventBridge(), env.EVENT_BUS_NAME),
      count: (threshold, entries) => {
        const single = metrics.singleMetric();
        single.addDimension('Threshold', threshold);
        single.addMetric(AUDIT_THRESHOLD, MetricUnit.Count, entries);
      },
    }),
  };
  return {
    once: () => sequenceOnce(sequencer),
    oldestWaiting: () => outbox.oldestWaiting(),
    pacer: { now: () => systemClock.now(), wait: (milliseconds) => wait(milliseconds) },
    runSeconds: env.SEQUENCE_SECONDS,
    everyMs: env.BATCH_EVERY_MS,
    most: batching.entries,
    logger,
    metrics,
  };
}
